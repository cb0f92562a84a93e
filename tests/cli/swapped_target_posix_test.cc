// The name of a target is made a link to another file while a patch or an undo of it runs.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>

#include "fixtures/recipe.h"
#include "imgtools/change/holding_storage.h"
#include "src/cli/counting_storage.h"
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

TEST_CASE("A tree found in a folder is not followed where a link has taken its place") {
  // The link stands in the place of the tree, or of a folder on the way to it.
  for (const std::string link : {"lib/2/b/c/d", "lib/2/b"}) {
    for (const bool absolute : {true, false}) {
      INFO(link << (absolute ? " to an absolute path" : " to a relative path"));
      const TempDir dir;
      for (const char* tree : {"lib/1/b/c/d/win", "lib/2/b/c/d/win"}) {
        dir.make_directory(tree);
        fixtures::write_tree(fixtures::load_recipe("layout-flat"), dir / tree);
      }
      fs::copy(dir / link, dir / "victim", fs::copy_options::recursive);
      const Bytes before = dir.read("lib/2/b/c/d/win/SOFTWARE");
      RecordingStorage storage(host_storage());
      bool swapped = false;
      storage.before_each([&](const RecordingStorage::Call& call, Storage&) {
        if (swapped || call.name != "create")
          return;  // the first file that is made is of the first
        swapped = true;
        fs::rename(dir / link, dir / "aside");
        const fs::path to = absolute
                                ? fs::path(dir / "victim")
                                : fs::relative(dir / "victim", fs::path(dir / link).parent_path());
        fs::create_directory_symlink(to, dir / link);
      });
      std::ostringstream out, err;
      cli::Host host{out,
                     err,
                     storage,
                     storage,
                     {},
                     "2026-01-31",
                     134143776000000000,
                     {dir.path(), dir.path(), ""}};
      CHECK(cli::run({"patch", "--no-cross-check", dir / "lib"}, host) == 2);
      REQUIRE(swapped);
      CHECK(dir.read("lib/1/b/c/d/win/SOFTWARE") != before);
      for (const auto& entry : fs::recursive_directory_iterator(dir / "victim")) {
        const std::string name = entry.path().filename().string();
        CHECK(name.find("goldhive") == std::string::npos);
        if (name != "SOFTWARE") continue;
        CHECK(dir.read(fs::relative(entry.path(), dir.path()).string()) == before);
      }
    }
  }
}

TEST_CASE("What was found in a folder and is a link now is refused") {
  const TempDir dir;
  dir.write("file", std::string("1"));
  fs::create_symlink("file", dir / "found");
  fs::create_symlink("file", dir / "other");
  cli::IoCounter counter;
  const std::vector<std::string> nobody;
  const auto files = host_read_storage();
  const cli::CountingReadStorage storage(*files, counter, nobody, dir / "found");
  CHECK_THROWS_AS(storage.read_link(dir / "found"), Error);
  CHECK(storage.read_link(dir / "other") == "file");
  CHECK_FALSE(storage.read_link(dir / "file"));
}

TEST_CASE("A patch holds no file elsewhere that a name leads to through a link") {
  const TempDir dir;
  dir.write("elsewhere/SOFTWARE", std::string(5000, 'v'));
  dir.make_directory("tree");
  const std::string name = dir / "tree/SOFTWARE";
  fs::create_symlink(dir / "elsewhere/SOFTWARE", name);
  const auto storage = host_storage();
  HoldingStorage holding(*storage);
  CHECK(holding.open(name)->read(0, 1) == Bytes{'v'});
  holding.hold(name);
  CHECK_THROWS_AS(holding.open_write(name), Error);
  // But for the target itself, of which the user may have given a link.
  const JournalPlace place = place_of(*storage, name, name, {});
  HoldingStorage named(*storage, place);
  CHECK(named.open(name)->read(0, 1) == Bytes{'v'});
  named.hold(name);
  CHECK_THROWS_AS(storage->open_write(dir / "elsewhere/SOFTWARE"), Error);  // locked
  CHECK_NOTHROW(named.open_write(dir / "elsewhere/SOFTWARE"));
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
