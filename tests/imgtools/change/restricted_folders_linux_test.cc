// Folders from which not everybody may take away what he put there: those in which each user may
// remove his own files alone, as /tmp is, and those that are append-only (chattr +a).
#include <fcntl.h>
#include <grp.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
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

/// Lets nobody take names out of the folder, or does so again. False where that is not possible.
bool keep_names(const std::string& folder, bool keep) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY);
  REQUIRE(fd >= 0);
  int flags = 0;
  bool done = ::ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;
  flags = keep ? flags | FS_APPEND_FL : flags & ~FS_APPEND_FL;
  done = done && ::ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
  ::close(fd);
  return done;
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

TEST_CASE("nothing is made in a folder from which it could not be taken away") {
  const TempDir dir;
  dir.make_directory("kept");
  const std::string folder = dir / "kept";
  const std::string image = dir.write("kept/x.raw", Bytes(9000, 'o'));
  if (!keep_names(folder, true)) {
    testing::skip("no append-only folders here, or not for this user");
    return;
  }
  const HostChange change{{{image, 0, {5, Bytes{'n'}}}}, {}};
  HostChange rewrite;
  rewrite.rewrite = HostRewrite{image, 5000, [](const auto& put) { put(Bytes(5000, 'n')); }};
  const auto storage = host_storage();
  for (const HostChange& each : {change, rewrite}) {
    for (const std::string& undo : {image + ".goldhive-undo", dir / "undo"}) {
      const JournalPlace place{folder, "x.raw", {undo}, true};
      CHECK_THROWS_WITH(require_possible(*storage, place, each, ""),
                        Catch::Contains("append-only"));
      CHECK_THROWS_WITH(transact(*storage, place, each, "", nullptr),
                        Catch::Contains("append-only"));
    }
  }
  CHECK(names_in(folder) == std::set<std::string>{"x.raw"});
  CHECK(dir.read("kept/x.raw") == Bytes(9000, 'o'));
  CHECK(keep_names(folder, false));
}
