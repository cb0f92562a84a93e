// What the kernel may do at any time: give fewer bytes than asked for, or EINTR. Seen through
// doubles of the system calls, which the linker prefers to the C library's.
#include <catch2/catch.hpp>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "imgtools/bytes/error.h"
#include "imgtools/host/storage.h"
#include "tests/support/temp_dir.h"

using namespace goldhive;
using goldhive::testing::TempDir;

namespace {

enum class Trouble { none, interrupted, full };
Trouble trouble = Trouble::none;
int calls = 0;

/// Every other call fails with EINTR, the rest move at most 7 bytes.
bool interrupt(std::size_t& length) {
  if (trouble != Trouble::interrupted) return false;
  if (++calls % 2 == 1) return true;
  length = length < 7 ? length : 7;
  return false;
}

long interrupted() {
  errno = EINTR;
  return -1;
}

struct With {
  explicit With(Trouble t) { trouble = t; }
  ~With() { trouble = Trouble::none; }
};

}  // namespace

extern "C" {
ssize_t pread(int fd, void* data, size_t length, off_t offset) {
  if (interrupt(length)) return interrupted();
  return ::syscall(SYS_pread64, fd, data, length, offset);
}
ssize_t pwrite(int fd, const void* data, size_t length, off_t offset) {
  if (interrupt(length)) return interrupted();
  if (trouble == Trouble::full && offset + static_cast<off_t>(length) > 10) {
    if (offset >= 10) {
      errno = ENOSPC;
      return -1;
    }
    length = static_cast<size_t>(10 - offset);
  }
  return ::syscall(SYS_pwrite64, fd, data, length, offset);
}
int fsync(int fd) {
  std::size_t length = 0;
  return static_cast<int>(interrupt(length) ? interrupted() : ::syscall(SYS_fsync, fd));
}
int ftruncate(int fd, off_t size) noexcept {
  std::size_t length = 0;
  return static_cast<int>(interrupt(length) ? interrupted() : ::syscall(SYS_ftruncate, fd, size));
}
}

TEST_CASE("short reads and writes and EINTR are retried until everything is done") {
  const TempDir dir;
  const std::string path = dir.write("file", std::string(1000, 'x'));
  const auto storage = host_storage();
  const With doubles(Trouble::interrupted);
  calls = 0;
  Bytes data(500);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(i);
  {
    const auto file = storage->open_write(path);
    file->write(100, data);
    file->resize(800);
    file->sync();
  }
  CHECK(calls > 140);
  CHECK(storage->open(path)->read(100, 500) == data);
  CHECK(dir.read("file").size() == 800);
  storage->sync_directory(dir.path());
}

TEST_CASE("a pipe is sent all of the data, and a device that is full is an error") {
  const TempDir dir;
  const std::string pipe = dir / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  REQUIRE(reader >= 0);
  const auto storage = host_storage();
  const Bytes data{'w', 'h', 'o', 'l', 'e'};
  storage->send(pipe, data);
  Bytes got(10);
  REQUIRE(::read(reader, got.data(), got.size()) == 5);
  got.resize(5);
  CHECK(got == data);
  ::close(reader);
  CHECK_THROWS_AS(storage->send("/dev/full", data), Error);
}

TEST_CASE("a disk that fills up in the middle of a write is an error with the path and offset") {
  const TempDir dir;
  const std::string path = dir.write("file", "x");
  const auto storage = host_storage();
  const With doubles(Trouble::full);
  try {
    storage->open_write(path)->write(5, Bytes(20));
    FAIL("no error");
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::io);
    CHECK(e.where() == path);
    CHECK(e.message().find("write at 0xa") != std::string::npos);
  }
}
