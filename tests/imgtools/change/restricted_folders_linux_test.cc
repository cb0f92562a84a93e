// Folders from which not everybody may take away what he put there: those in which each user may
// remove his own files alone, as /tmp is.
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <set>

#include "imgtools/bytes/error.h"
#include "imgtools/change/transact.h"
#include "imgtools/change/undo.h"
#include "tests/skip.h"
#include "tests/support/child_posix.h"
#include "tests/support/temp_dir.h"

using namespace goldhive;
using goldhive::testing::TempDir;
namespace fs = std::filesystem;

namespace {

/// Whether `action` is Error(refused) for a user without rights.
bool is_refused_to_nobody(const std::function<void()>& action) {
  constexpr unsigned nobody = 65534;
  constexpr int refused = 7;
  const auto ended = testing::run_in_child([&] {
    if (::setgroups(0, nullptr) != 0 || ::setgid(nobody) != 0 || ::setuid(nobody) != 0) return 1;
    try {
      action();
    } catch (const Error& e) {
      if (e.kind() == ErrorKind::refused) return refused;
    }
    return 0;
  });
  return ended.status == refused;
}

std::set<std::string> names_in(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

}  // namespace

TEST_CASE("what may not take the place of another user's file leaves no second name of it") {
  if (::geteuid() != 0) {
    testing::skip("only root can become another user");
    return;
  }
  const TempDir dir;
  REQUIRE(::chmod(dir.path().c_str(), 0755) == 0);
  dir.make_directory("tmp");
  const std::string folder = dir / "tmp";
  REQUIRE(::chmod(folder.c_str(), 01777) == 0);
  const std::string image = dir.write("tmp/x.tgz", Bytes(9000, 'o'));
  REQUIRE(::chmod(image.c_str(), 0666) == 0);
  const JournalPlace place{folder, "x.tgz", {image + ".goldhive-undo"}, true};
  const auto patch = [&] {
    HostChange change;
    change.rewrite = HostRewrite{image, 5000, [](const auto& put) { put(Bytes(5000, 'n')); }};
    transact(*host_storage(), place, change, "", nullptr);
  };
  CHECK(is_refused_to_nobody(patch));
  CHECK(names_in(folder) == std::set<std::string>{"x.tgz"});

  patch();
  REQUIRE(::chmod((image + ".goldhive-undo").c_str(), 0644) == 0);
  const std::set<std::string> patched = names_in(folder);
  CHECK(patched.size() == 3);
  CHECK(
      is_refused_to_nobody([&] { undo(*host_storage(), place, image + ".goldhive-undo", false); }));
  CHECK(names_in(folder) == patched);
}
