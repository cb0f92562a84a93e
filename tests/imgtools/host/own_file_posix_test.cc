// What an open file says of who made it, and names that nobody may swap.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "imgtools/bytes/error.h"
#include "imgtools/host/storage.h"
#include "tests/skip.h"
#include "tests/support/error_of.h"
#include "tests/support/temp_dir.h"

using namespace goldhive;
using goldhive::testing::error_kind_of;
using goldhive::testing::TempDir;
namespace fs = std::filesystem;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat s {};
  REQUIRE(::stat(path.c_str(), &s) == 0);
  return s.st_mode & 07777;
}

}  // namespace

TEST_CASE("a file of ours is opened with what it says of itself") {
  const TempDir dir;
  const std::string path = dir.write("own", "hello");
  const auto storage = host_read_storage();
  CHECK_FALSE(storage->open_own(dir / "absent", path));
  CHECK_FALSE(storage->open_own(dir / std::string(300, 'x'), path));

  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  auto own = storage->open_own(path, path);
  REQUIRE(own);
  CHECK(own->content->read(0, 5) == Bytes{'h', 'e', 'l', 'l', 'o'});
  CHECK(own->info.inode == storage->stat(path)->inode);
  CHECK(own->info.links == 1);
  CHECK(own->known_owner);
  CHECK_FALSE(own->others_write);
  CHECK_FALSE(own->vouched_for);

  for (const fs::perms others : {fs::perms::group_write, fs::perms::others_write}) {
    fs::permissions(path, fs::perms::owner_read | others);
    CHECK(storage->open_own(path, path)->others_write);
  }
  fs::create_hard_link(path, dir / "second");
  CHECK(storage->open_own(path, path)->info.links == 2);
}

TEST_CASE("links, folders and pipes under a name of ours are seen and not opened") {
  const TempDir dir;
  const std::string path = dir.write("file", "x");
  fs::create_symlink("file", dir / "link");
  fs::create_symlink("nowhere", dir / "dangling");
  dir.make_directory("folder");
  REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
  const auto storage = host_read_storage();
  for (const auto& [name, type] :
       std::vector<std::pair<std::string, FileType>>{{"link", FileType::symlink},
                                                     {"dangling", FileType::symlink},
                                                     {"folder", FileType::directory},
                                                     {"pipe", FileType::other}}) {
    INFO(name);
    const auto found = storage->open_own(dir / name, path);
    REQUIRE(found);
    CHECK(found->info.type == type);
    CHECK(found->content == nullptr);
  }
}

TEST_CASE("the owner of a file is known if it is this user, root or the target's owner") {
  if (::geteuid() != 0) {
    testing::skip("only root can give files away");
    return;
  }
  const TempDir dir;
  const std::string target = dir.write("target", "x");
  const std::string path = dir.write("own", "x");
  const auto storage = host_read_storage();
  CHECK(storage->open_own(path, target)->known_owner);
  REQUIRE(::chown(path.c_str(), 12345, 12345) == 0);
  CHECK_FALSE(storage->open_own(path, target)->known_owner);
  CHECK_FALSE(storage->open_own(path, dir / "absent")->known_owner);
  REQUIRE(::chown(target.c_str(), 12345, 0) == 0);
  CHECK(storage->open_own(path, target)->known_owner);
}

TEST_CASE("a mark of a change is seen under each name of a file, and by nobody when it is gone") {
  const TempDir dir;
  const std::string path = dir.write("file", "x");
  fs::create_hard_link(path, dir / "other");
  const auto storage = host_storage();
  const ChangeMark before = storage->change_mark(path);
  CHECK(before.journal.empty());
  if (!before.possible) {
    testing::skip("no attributes \"user.*\" in the folder for temporary files");
    return;
  }
  const std::unique_ptr<WritableFile> file = storage->open_write(path);
  file->mark_change(dir / "journal");
  file->sync();
  CHECK(host_read_storage()->change_mark(dir / "other").journal == dir / "journal");
  file->mark_change("");
  file->mark_change("");
  const ChangeMark after = storage->change_mark(dir / "other");
  CHECK(after.possible);
  CHECK(after.journal.empty());
}

TEST_CASE("attributes go to the open file, whatever its name has become") {
  const TempDir dir;
  const std::string from = dir.write("from", "x");
  fs::permissions(from, fs::perms(0751));
  const std::string bystander = dir.write("bystander", "x");
  fs::permissions(bystander, fs::perms(0600));
  const auto storage = host_storage();
  const auto source = storage->open(from);
  const auto file = storage->create(dir / "fresh");
  fs::rename(dir / "fresh", dir / "moved");
  fs::create_symlink("bystander", dir / "fresh");
  fs::rename(from, dir / "from2");
  fs::create_symlink("bystander", from);
  file->copy_attributes(*source);
  CHECK(mode_of(dir / "moved") == 0751);
  CHECK(mode_of(bystander) == 0600);
}

TEST_CASE("nothing is written through a link") {
  const TempDir dir;
  dir.write("file", "x");
  fs::create_symlink("file", dir / "link");
  CHECK(error_kind_of([&] { host_storage()->open_write(dir / "link"); }) == ErrorKind::refused);
}

TEST_CASE("a rename to a new name replaces nothing, not even a dangling link") {
  const TempDir dir;
  const std::string from = dir.write("from", "new");
  dir.write("taken", "old");
  fs::create_symlink("nowhere", dir / "link");
  const auto storage = host_storage();
  CHECK(error_kind_of([&] { storage->rename_new(from, dir / "taken"); }) == ErrorKind::refused);
  CHECK(error_kind_of([&] { storage->rename_new(from, dir / "link"); }) == ErrorKind::refused);
  CHECK(dir.read("taken") == Bytes{'o', 'l', 'd'});
  storage->rename_new(from, dir / "free");
  CHECK(dir.read("free") == Bytes{'n', 'e', 'w'});
  CHECK_FALSE(dir.exists("from"));
}
