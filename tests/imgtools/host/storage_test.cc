#include "imgtools/host/storage.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <thread>

#include "imgtools/bytes/error.h"
#include "tests/support/host.h"
#include "tests/support/temp_dir.h"

using namespace goldhive;
using goldhive::testing::TempDir;
namespace fs = std::filesystem;

namespace {

ErrorKind kind_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    CHECK_FALSE(e.where().empty());
    return e.kind();
  }
  FAIL("no error");
  return ErrorKind::usage;
}

}  // namespace

TEST_CASE("reading a host file gives its bytes and size and never writes") {
  const TempDir dir;
  const std::string path = dir.write("a/file", "hello");
  const auto storage = host_read_storage();
  const auto source = storage->open(path);
  CHECK(source->size() == 5);
  CHECK(source->read(1, 3) == Bytes{'e', 'l', 'l'});
  CHECK(source->name() == path);

  const auto info = storage->stat(path);
  REQUIRE(info);
  CHECK(info->type == FileType::file);
  CHECK(info->size == 5);
  CHECK_FALSE(storage->stat(dir / "absent"));
  CHECK_FALSE(storage->stat(path + "/below-a-file"));
  CHECK(storage->stat(dir.path())->type == FileType::directory);
}

TEST_CASE("a file cut off under an open source is an error and not a hang or zeros") {
  const TempDir dir;
  const std::string path = dir.write("file", std::string(100, 'x'));
  const auto source = host_read_storage()->open(path);
  fs::resize_file(path, 10);
  CHECK(kind_of([&] { source->read(0, 50); }) == ErrorKind::io);
}

TEST_CASE("opening what is no file says what is wrong") {
  const TempDir dir;
  const auto storage = host_read_storage();
  CHECK(kind_of([&] { storage->open(dir / "absent"); }) == ErrorKind::not_found);
  CHECK(kind_of([&] { storage->open(dir.path()); }) == ErrorKind::io);
  CHECK(kind_of([&] { storage->open(std::string("a\0b", 3)); }) == ErrorKind::usage);
  CHECK(kind_of([&] { storage->list(dir / "absent"); }) == ErrorKind::not_found);
}

TEST_CASE("a listing is sorted bytewise and tells links from what they name") {
  if (!testing::host_makes_links()) return;
  const TempDir dir;
  dir.write("b", "");
  dir.make_directory("a");
  fs::create_symlink("b", dir / "c");
  const auto storage = host_read_storage();
  const auto entries = storage->list(dir.path());
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].name == "a");
  CHECK(entries[0].type == FileType::directory);
  CHECK(entries[1].name == "b");
  CHECK(entries[1].type == FileType::file);
  CHECK(entries[2].name == "c");
  CHECK(entries[2].type == FileType::symlink);
  CHECK(storage->read_link(dir / "c") == "b");
  CHECK_FALSE(storage->read_link(dir / "b"));
  CHECK(storage->stat(dir / "c")->type == FileType::file);
}

TEST_CASE("a change of a file shows in its times, size or no size") {
  const TempDir dir;
  const std::string path = dir.write("hive", "aaaaaaaaaa");
  const auto storage = host_storage();
  const std::optional<FileInfo> before = storage->stat(path);
  REQUIRE(before);
  // Some file systems count in steps of some milliseconds.
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  storage->open_write(path)->write(0, Bytes(10, 'b'));
  const std::optional<FileInfo> after = storage->stat(path);
  CHECK(after->modified > before->modified);
  CHECK(after->changed > before->changed);
  CHECK(storage->stat(path)->changed == after->changed);
}

TEST_CASE("writing in place keeps the inode and the hard links") {
  const TempDir dir;
  const std::string path = dir.write("file", "0123456789");
  fs::create_hard_link(path, dir / "link");
  const auto storage = host_storage();
  const auto inode = storage->stat(path)->inode;
  {
    const auto file = storage->open_write(path);
    file->write(8, Bytes{'a', 'b', 'c', 'd'});
    file->resize(13);
    file->sync();
    CHECK(file->size() == 13);
    Bytes back(2);
    file->read(9, back);
    CHECK(back == Bytes{'b', 'c'});
  }
  CHECK(storage->stat(path)->inode == inode);
  CHECK(dir.read("link") == Bytes{'0', '1', '2', '3', '4', '5', '6', '7', 'a', 'b', 'c', 'd', 0});
}

TEST_CASE("a file open for writing is refused to a second writer and free again after it") {
  const TempDir dir;
  const std::string path = dir.write("file", "x");
  const auto storage = host_storage();
  {
    const auto file = storage->open_write(path);
    CHECK(kind_of([&] { storage->open_write(path); }) == ErrorKind::refused);
    // A rescan opens and closes the file: that must not drop the lock, as fcntl() locks would be.
    storage->open(path)->read(0, 1);
    CHECK(kind_of([&] { storage->open_write(path); }) == ErrorKind::refused);
  }
  CHECK_NOTHROW(storage->open_write(path));
}

TEST_CASE("a file without write permission is refused even to root") {
  const TempDir dir;
  const std::string path = dir.write("file", "x");
  fs::permissions(path, fs::perms::owner_read);
  CHECK(kind_of([&] { host_storage()->open_write(path); }) == ErrorKind::refused);
  CHECK(kind_of([&] { host_storage()->open_write(dir / "absent"); }) == ErrorKind::not_found);
}

TEST_CASE("what refuses a write is told beforehand by the same error and nothing is opened") {
  const TempDir dir;
  const auto told = [](const std::string& path) -> std::string {
    const std::optional<Error> error = host_read_storage()->write_refusal(path);
    return error ? error->what() : "";
  };
  const auto refused = [](const std::string& path) -> std::string {
    try {
      host_storage()->open_write(path);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  const std::string path = dir.write("file", "x");
  CHECK(told(path).empty());
  CHECK(refused(path).empty());
  CHECK(told(dir / "absent").empty());  // it could be made
  CHECK(host_read_storage()->in_use_by(path).empty());
  fs::permissions(path, fs::perms::owner_read);
  CHECK_FALSE(told(path).empty());
  CHECK(told(path) == refused(path));
#ifndef _WIN32
  fs::create_symlink(path, dir / "link");
  CHECK_FALSE(told(dir / "link").empty());
  CHECK(told(dir / "link") == refused(dir / "link"));
#endif
}

TEST_CASE("create refuses a taken name and rename replaces it") {
  const TempDir dir;
  const auto storage = host_storage();
  storage->make_directories(dir / "deep/down");
  storage->create(dir / "deep/down/new")->write(0, Bytes{'n'});
  CHECK(kind_of([&] { storage->create(dir / "deep/down/new"); }) == ErrorKind::refused);
  dir.write("old", "o");
  storage->rename(dir / "deep/down/new", dir / "old");
  storage->sync_directory(dir.path());
  CHECK(dir.read("old") == Bytes{'n'});
  storage->remove(dir / "old");
  CHECK_FALSE(dir.exists("old"));
  CHECK(storage->free_space(dir / "not/yet/there") > 0);
}
