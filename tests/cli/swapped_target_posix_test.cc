// The name of a target is made a link to another file while a patch or an undo of it runs.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "fixtures/recipe.h"
#include "src/cli/output.h"
#include "src/patch/patch_target.h"
#include "src/patch/undo_target.h"
#include "src/policy/policy.h"
#include "tests/skip.h"
#include "tests/support/recording_storage.h"
#include "tests/support/temp_dir.h"

namespace goldhive::tests {
namespace {

using goldhive::testing::RecordingStorage;
using goldhive::testing::TempDir;
namespace fs = std::filesystem;

/// A lone hive, and another user's with the same bytes.
struct Scene {
  Scene() {
    for (const auto& [path, content] : fixtures::load_recipe("layout-flat").files) {
      if (path != "SOFTWARE") continue;
      dir.write("mine/SOFTWARE", content);
      dir.write("victim/SOFTWARE", content);
      before = content;
    }
    settings.target.policy = &policy;
    settings.target.today = "2026-01-31";
    settings.edit.now = 131000000000000000;
    settings.edit.cross_check = false;
    REQUIRE(::stat((dir / "victim/SOFTWARE").c_str(), &victim) == 0);
  }

  report::TargetReport patch(Storage& storage) {
    return patch::patch_target(storage, dir / "mine/SOFTWARE", dir / "mine/SOFTWARE", settings);
  }
  report::TargetReport undo(Storage& storage) {
    report::TargetReport result;
    result.restore.emplace();
    try {
      patch::undo_target(storage, {dir / "mine/SOFTWARE", ""}, dir / "mine/SOFTWARE", {}, result);
    } catch (const Error& e) {
      result.error = e;
    }
    return result;
  }
  /// By the time of its last change of any kind.
  bool victim_is_untouched() const {
    struct stat now {};
    REQUIRE(::stat((dir / "victim/SOFTWARE").c_str(), &now) == 0);
    const auto files = std::distance(fs::directory_iterator(dir / "victim"), {});
    return files == 1 && now.st_ino == victim.st_ino &&
           now.st_ctim.tv_sec == victim.st_ctim.tv_sec &&
           now.st_ctim.tv_nsec == victim.st_ctim.tv_nsec;
  }

  TempDir dir;
  Bytes before;
  struct stat victim {};
  const policy::Policy policy = policy::builtin_policy("baseline");
  patch::PatchSettings settings;
};

using Command = report::TargetReport (Scene::*)(Storage&);

/// Runs the command with the swap before its call number `at` after the first folder was held.
/// False if there were not so many calls.
bool swapped(Scene& scene, Command command, bool folder, std::size_t at) {
  RecordingStorage storage(host_storage());
  bool held = false, done = false;
  std::size_t calls = 0;
  storage.before_each([&](const RecordingStorage::Call& call, Storage&) {
    if (held && !done && calls++ == at) {
      done = true;
      const std::string name = scene.dir / (folder ? "mine" : "mine/SOFTWARE");
      fs::rename(name, name + ".aside");
      fs::create_symlink(scene.dir / (folder ? "victim" : "victim/SOFTWARE"), name);
    }
    held = held || call.name == "hold_folder";
  });
  (scene.*command)(storage);
  return done;
}

}  // namespace

TEST_CASE("A target that becomes a link to another file leads no patch and no undo there") {
  constexpr std::size_t step = 3;  // of some hundred calls each
  std::size_t points = 0;
  for (const Command command : {&Scene::patch, &Scene::undo}) {
    for (const bool folder : {false, true}) {
      for (std::size_t at = 0;; at += step) {
        Scene scene;
        if (command == &Scene::undo) REQUIRE_FALSE(scene.patch(*host_storage()).error);
        const bool again = swapped(scene, command, folder, at);
        INFO((command == &Scene::patch ? "patch" : "undo")
             << ", call " << at << ", folder " << folder);
        REQUIRE(scene.victim_is_untouched());
        if (!again) break;
        ++points;
      }
    }
  }
  CHECK(points > 50);
}

TEST_CASE("A report is not written through another user's link") {
  if (::geteuid() != 0) {
    goldhive::testing::skip("only root can give a link away");
    return;
  }
  const TempDir dir;
  const std::string precious = dir.write("precious", std::string("p"));
  fs::create_symlink("precious", dir / "report");
  const auto storage = host_storage();
  cli::write_text_file(*storage, dir / "report", "mine");
  CHECK(dir.read("precious") == Bytes{'m', 'i', 'n', 'e'});
  REQUIRE(::lchown((dir / "report").c_str(), 12345, 12345) == 0);
  CHECK_THROWS_AS(cli::write_text_file(*storage, dir / "report", "theirs"), Error);
  CHECK(dir.read("precious") == Bytes{'m', 'i', 'n', 'e'});
}

}  // namespace goldhive::tests
