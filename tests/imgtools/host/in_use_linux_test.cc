// Only on Linux can it be known who has a file open; elsewhere there is nothing to test.
#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "imgtools/bytes/error.h"
#include "imgtools/host/storage.h"
#include "tests/support/child_posix.h"
#include "tests/support/temp_dir.h"

using namespace goldhive;
using goldhive::testing::TempDir;

namespace {

/// What another process does with a file that it has opened; false if that fails.
using Lock = bool (*)(int fd);

bool no_lock(int /*fd*/) { return true; }
bool by_flock(int fd) { return ::flock(fd, LOCK_EX) == 0; }
bool by_shared_flock(int fd) { return ::flock(fd, LOCK_SH) == 0; }
/// As Samba and wine lock what they read.
bool by_fcntl(int fd) {
  struct flock range {};
  range.l_type = F_RDLCK;
  return ::fcntl(fd, F_SETLK, &range) == 0;
}

/// Another process that holds `path` open, and locked by `lock`, as long as this lives.
class Holder {
 public:
  Holder(const std::string& path, int flags, Lock lock = no_lock) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      const int fd = ::open(path.c_str(), flags);
      const char byte = fd >= 0 && lock(fd) ? 'y' : 'n';
      if (::write(ready[1], &byte, 1) == 1) ::pause();
      ::_exit(0);
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    REQUIRE(byte == 'y');
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~Holder() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

}  // namespace

TEST_CASE("a file into which the program's own output goes is not opened for writing") {
  const TempDir dir;
  const std::string path = dir.write("image", std::string(100, 'o'));
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
    const auto ended = goldhive::testing::run_in_child([&] {
      ::dup2(::open(path.c_str(), O_WRONLY | O_APPEND), stream);
      try {
        host_storage()->open_write(path);
        return 1;
      } catch (const Error& e) {
        return e.kind() == ErrorKind::refused ? 0 : 2;
      }
    });
    CHECK(ended.status == 0);
  }
  CHECK(dir.read("image").size() == 100);
}

TEST_CASE("a file that another process has open for writing is refused and the process named") {
  const TempDir dir;
  const std::string path = dir.write("disk.img", "x");
  const auto storage = host_storage();
  {
    const Holder holder(path, O_RDWR);
    const std::string told = host_read_storage()->in_use_by(path);
    try {
      storage->open_write(path);
      FAIL("opened");
    } catch (const Error& e) {
      CHECK(e.message() == "is in use: " + told);
      CHECK(e.kind() == ErrorKind::refused);
      CHECK(e.message().find(std::to_string(holder.pid())) != std::string::npos);
    }
  }
  CHECK_NOTHROW(storage->open_write(path));
}

TEST_CASE("a file that another process has locked, and does not write, is refused and stays so") {
  // No journal of ours and nobody who writes: the lock alone says that somebody works on the file.
  const TempDir dir;
  const std::string path = dir.write("disk.img", "x");
  const auto storage = host_storage();
  const auto refusal = [&](Lock lock) -> std::string {
    const Holder holder(path, O_RDONLY, lock);
    CHECK(storage->writer_of(path).empty());
    const std::string told = host_read_storage()->in_use_by(path);  // without a lock or an open
    try {
      storage->open_write(path);
    } catch (const Error& e) {
      CHECK(e.kind() == ErrorKind::refused);
      CHECK(e.where() == path);
      CHECK(e.message() == "is in use: " + told);
      return e.message();
    }
    CHECK(told.empty());
    return "";
  };
  CHECK(refusal(by_flock) == "is in use: another process holds a lock (flock) on it");
  CHECK(refusal(by_shared_flock) == "is in use: another process holds a lock (flock) on it");
  CHECK(refusal(by_fcntl) == "is in use: another process holds a lock (fcntl) on it");
  CHECK(refusal(no_lock).empty());
  CHECK_NOTHROW(storage->open_write(path));
}

TEST_CASE("readers of a file do not stand in the way of a writer") {
  const TempDir dir;
  const std::string path = dir.write("disk.img", "x");
  const Holder other(path, O_RDONLY);
  const auto storage = host_storage();
  const auto own = storage->open(path);
  CHECK_NOTHROW(storage->open_write(path));
}

TEST_CASE("a reader is told who else writes a file, and of nobody who reads it") {
  const TempDir dir;
  const std::string path = dir.write("disk.img", "x");
  const auto storage = host_read_storage();
  const auto own = storage->open(path);
  {
    const Holder reader(path, O_RDONLY);
    CHECK(storage->writer_of(path).empty());
    const Holder writer(path, O_RDWR);
    CHECK(storage->writer_of(path).find(std::to_string(writer.pid())) != std::string::npos);
  }
  CHECK(storage->writer_of(path).empty());
  CHECK(storage->writer_of(dir / "absent").empty());
  CHECK(storage->writer_of(dir.path()).empty());
}
