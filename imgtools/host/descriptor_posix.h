// A descriptor of a POSIX host that closes itself.
#pragma once

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace goldhive::posix {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  /// For a call that closes it.
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

/// openat() that survives signals and never leaks into a child; -1 and errno as openat() has them.
inline Descriptor open_at(int folder, const char* name, int flags, mode_t mode = 0) {
  for (;;) {
    const int fd = ::openat(folder, name, flags | O_CLOEXEC, mode);
    if (fd >= 0 || errno != EINTR) return Descriptor(fd);
  }
}

}  // namespace goldhive::posix
