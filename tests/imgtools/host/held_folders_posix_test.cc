// A held folder is the one that was opened, whatever takes its place.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "imgtools/bytes/error.h"
#include "imgtools/host/storage_steps.h"
#include "tests/skip.h"
#include "tests/support/error_of.h"
#include "tests/support/temp_dir.h"

using namespace goldhive;
using goldhive::testing::error_kind_of;
using goldhive::testing::TempDir;
namespace fs = std::filesystem;

namespace {

const Bytes ours{'o'};
const Bytes theirs{'t'};

/// "d" with the file "f", and "e" with another one.
struct Folders {
  Folders() {
    dir.write("d/f", ours);
    dir.write("d/sub/g", ours);
    dir.write("e/f", theirs);
    dir.write("e/sub/g", theirs);
  }
  /// Puts "e" in the place of "d", which is "was" from then on.
  void swap() const {
    fs::rename(dir / "d", dir / "was");
    fs::create_directory_symlink("e", dir / "d");
  }
  TempDir dir;
};

}  // namespace

TEST_CASE("the folder above the working one is not below it") {
  const auto storage = host_storage();
  const auto held = storage->hold_folder(".", Reach::below);
  CHECK_NOTHROW(storage->hold_folder("..", Reach::names));
  CHECK_NOTHROW(storage->stat("../."));
}

TEST_CASE("every call goes to the held folder after a link has taken its place") {
  const Folders folders;
  const TempDir& dir = folders.dir;
  const auto storage = host_storage();
  const auto held = storage->hold_folder(dir / "d", Reach::below);
  folders.swap();
  const std::string f = dir / "d/f";
  CHECK(storage->open(f)->read(0, 1) == ours);
  CHECK(storage->open_own(f, f)->content->read(0, 1) == ours);
  CHECK(storage->list(dir / "d").size() == 2);
  storage->open_write(f)->write(0, Bytes{'w'});
  storage->create(dir / "d/new");
  storage->rename(dir / "d/new", dir / "d/renamed");
  storage->rename_new(dir / "d/renamed", dir / "d/again");
  CHECK(storage->link(f, dir / "d/linked"));
  storage->make_directories(dir / "d/made/deep");
  storage->remove(dir / "d/sub/g");
  storage->sync_directory(dir / "d/sub");
  for (const char* name : {"f", "again", "linked", "made/deep", "sub"}) {
    INFO(name);
    CHECK(dir.exists(std::string("was/") + name));
  }
  CHECK(dir.read("was/f") == Bytes{'w'});
  CHECK_FALSE(dir.exists("was/sub/g"));
  CHECK(dir.read("e/f") == theirs);
  CHECK(dir.read("e/sub/g") == theirs);
  CHECK(std::distance(fs::directory_iterator(dir / "e"), fs::directory_iterator()) == 2);
}

TEST_CASE("a folder is what its path says again when nobody holds it") {
  const Folders folders;
  const auto storage = host_storage();
  {
    const auto held = storage->hold_folder(folders.dir / "d", Reach::names);
    folders.swap();
    CHECK(storage->open(folders.dir / "d/f")->read(0, 1) == ours);
  }
  CHECK(storage->open(folders.dir / "d/f")->read(0, 1) == theirs);
}

TEST_CASE("nothing is changed behind a link below a held folder, whatever may be read there") {
  const Folders folders;
  const TempDir& dir = folders.dir;
  const auto storage = host_storage();
  const auto held = storage->hold_folder(dir / "d", Reach::below);
  fs::create_directory_symlink("../e", dir / "d/link");
  CHECK(storage->open(dir / "d/link/f")->read(0, 1) == theirs);
  const std::string behind = dir / "d/link/f";
  const auto refused = [&](const std::function<void()>& action) {
    CHECK(error_kind_of(action) == ErrorKind::refused);
  };
  refused([&] { storage->open_write(behind); });
  refused([&] { storage->create(dir / "d/link/new"); });
  refused([&] { storage->rename(behind, dir / "d/x"); });
  refused([&] { storage->rename_new(dir / "d/f", dir / "d/link/x"); });
  refused([&] { storage->link(behind, dir / "d/x"); });
  refused([&] { storage->remove(behind); });
  refused([&] { storage->make_directories(dir / "d/link/made"); });
  refused([&] { storage->hold_folder(dir / "d/link", Reach::names); });
  refused([&] { storage->remove(dir / "d/../e/f"); });
  CHECK(dir.read("e/f") == theirs);
  CHECK(std::distance(fs::directory_iterator(dir / "e"), fs::directory_iterator()) == 2);
}

TEST_CASE("a folder held for its names alone says nothing of what is below it") {
  const Folders folders;
  const TempDir& dir = folders.dir;
  const auto storage = host_storage();
  const auto held = storage->hold_folder(dir / "d", Reach::names);
  fs::create_directory_symlink("../e", dir / "d/link");
  storage->remove(dir / "d/link/f");
  CHECK_FALSE(dir.exists("e/f"));
}

TEST_CASE("a folder is known by any spelling of its path") {
  const Folders folders;
  const TempDir& dir = folders.dir;
  const auto storage = host_storage();
  const auto held = storage->hold_folder(dir / "d/", Reach::below);
  folders.swap();
  for (const char* name : {"d/f", "d//f", "./d/./f", "d/sub/../f"}) {
    INFO(name);
    CHECK(storage->open(dir / name)->read(0, 1) == ours);
  }
}

TEST_CASE("a target is held with the folder that it is, or that the file it means lies in") {
  const Folders folders;
  const TempDir& dir = folders.dir;
  fs::create_symlink("../d/f", dir / "e/link");
  const auto storage = host_storage();
  CHECK(hold_target(*storage, dir / "absent/file").folder == nullptr);
  const HeldTarget held = hold_target(*storage, dir / "e/link");
  CHECK(held.path == dir / "e/../d/f");
  fs::rename(dir / "d", dir / "was");
  fs::create_directory_symlink("e", dir / "d");
  storage->remove(dir / "e/../d/f");
  CHECK_FALSE(dir.exists("was/f"));
  CHECK(dir.exists("e/f"));
}

TEST_CASE("a report goes to no file that takes the place of a pipe") {
  const TempDir dir;
  const std::string file = dir.write("file", ours);
  const auto storage = host_storage();
  CHECK(error_kind_of([&] { storage->send(file, theirs); }) == ErrorKind::refused);
  CHECK(dir.read("file") == ours);
}

TEST_CASE("the owner of a link is known, too") {
  if (::geteuid() != 0) {
    testing::skip("only root can give a link away");
    return;
  }
  const TempDir dir;
  fs::create_symlink("nowhere", dir / "link");
  const auto storage = host_read_storage();
  CHECK(storage->open_own(dir / "link", dir.path())->known_owner);
  REQUIRE(::lchown((dir / "link").c_str(), 12345, 12345) == 0);
  CHECK_FALSE(storage->open_own(dir / "link", dir.path())->known_owner);
}
