// What temporary files leave behind where a run is killed.
#include "imgtools/host/scratch_posix.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <set>

#include "imgtools/host/scratch_file.h"
#include "imgtools/host/spill_file.h"
#include "tests/support/child_posix.h"
#include "tests/support/temp_dir.h"

using namespace goldhive;
using goldhive::testing::run_in_child;
using goldhive::testing::TempDir;
namespace fs = std::filesystem;

namespace {

std::set<std::string> names_in(const TempDir& dir) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(dir.path())) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

/// A run that is killed while it has a temporary file with a name.
void die_with_a_file(const TempDir& dir) {
  const auto ended = run_in_child([&] {
    std::string path;
    const posix::Descriptor file = posix::open_named_scratch(dir.path(), path);
    if (!file.valid() || ::write(file.get(), "secret", 6) != 6) return 1;
    return ::raise(SIGKILL);
  });
  REQUIRE(ended.signal == SIGKILL);
}

}  // namespace

TEST_CASE("a temporary file that a killed run left is removed by the next one") {
  const TempDir dir;
  die_with_a_file(dir);
  REQUIRE(names_in(dir).size() == 1);
  std::string path;
  {
    const posix::Descriptor file = posix::open_named_scratch(dir.path(), path);
    REQUIRE(file.valid());
    CHECK(names_in(dir) == std::set<std::string>{fs::path(path).filename().string()});
    die_with_a_file(dir);  // that of a run that lives stays
    CHECK(names_in(dir).size() == 2);
    CHECK(fs::exists(path));
    CHECK(posix::open_nameless_scratch(dir.path()).valid());
  }
  CHECK(fs::exists(path));
  CHECK(posix::open_named_scratch(dir.path(), path).valid());
  CHECK(names_in(dir) == std::set<std::string>{fs::path(path).filename().string()});
}

TEST_CASE("nothing but a temporary file of this user is removed with them") {
  const TempDir dir;
  dir.write("victim", std::string("v"));
  dir.write(".goldhive-config", std::string("other things of goldhive"));
  dir.write(".goldhive-temporary-12345", std::string("short"));
  dir.write(".goldhive-temporary-1234567", std::string("long"));
  dir.write(".goldhive-temporary-a.bcde", std::string("dot"));
  dir.make_directory(".goldhive-temporary-folder");
  fs::create_symlink("victim", dir / ".goldhive-temporary-linked");
  fs::create_hard_link(dir / "victim", dir / ".goldhive-temporary-second");
  REQUIRE(::mkfifo((dir / ".goldhive-temporary-fifo00").c_str(), 0600) == 0);
  std::size_t others = 0;
  if (::geteuid() == 0) {
    const std::string strangers = dir.write(".goldhive-temporary-strang", std::string("s"));
    REQUIRE(::chown(strangers.c_str(), 65534, 65534) == 0);
    others = 1;
  }
  std::string path;
  CHECK(posix::open_named_scratch(dir.path(), path).valid());
  CHECK(names_in(dir).size() == 9 + others + 1);
}

TEST_CASE("a temporary file has no name where the system can do without") {
  const TempDir dir;
  ScratchFile scratch(dir.path());
  scratch.write(0, Bytes(10, 's'));
  SpillFile spill(dir.path(), "spill");
  spill.write(0, Bytes(10, 's'));
#ifdef __linux__
  CHECK(names_in(dir).empty());
#endif
  const auto ended = run_in_child([&] {
    ScratchFile file(dir.path());
    SpillFile other(dir.path(), "spill");
    return ::raise(SIGKILL);
  });
  CHECK(ended.signal == SIGKILL);
  SpillFile next(dir.path(), "spill");
#ifdef __linux__
  CHECK(names_in(dir).empty());
#endif
}

TEST_CASE("a temporary file is not passed on to programs that are started") {
  const TempDir dir;
  std::string path;
  const posix::Descriptor named = posix::open_named_scratch(dir.path(), path);
  const posix::Descriptor nameless = posix::open_nameless_scratch(dir.path());
  CHECK(::fcntl(named.get(), F_GETFD) == FD_CLOEXEC);
  CHECK(::fcntl(nameless.get(), F_GETFD) == FD_CLOEXEC);
#ifdef __linux__
  const auto open_files = [] {
    std::set<int> numbers;
    for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
      numbers.insert(std::stoi(entry.path().filename().string()));
    }
    // That of the folder itself is closed by now.
    std::erase_if(numbers, [](int number) { return ::fcntl(number, F_GETFD) < 0; });
    return numbers;
  };
  const std::set<int> before = open_files();
  const ScratchFile scratch(dir.path());
  const SpillFile spill(dir.path(), "spill");
  CHECK(open_files().size() == before.size() + 2);
  for (const int number : open_files()) {
    if (before.count(number) == 0) CHECK(::fcntl(number, F_GETFD) == FD_CLOEXEC);
  }
#endif
}
