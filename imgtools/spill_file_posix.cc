#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "imgtools/error.h"
#include "imgtools/spill_file.h"

namespace goldhive {

struct SpillFile::Impl {
  int fd = -1;
};

namespace {

[[noreturn]] void fail(const char* action, const std::string& name) {
  throw Error(ErrorKind::io,
              fmt::format("cannot {} a temporary file: {}", action,
                          std::error_code(errno, std::generic_category()).message()),
              name);
}

}  // namespace

SpillFile::SpillFile(const std::string& directory, std::string name)
    : ByteSource(std::move(name)), impl_(std::make_unique<Impl>()) {
  std::string path = (directory.empty() ? "." : directory) + "/goldhive-XXXXXX";
  impl_->fd = ::mkstemp(path.data());
  if (impl_->fd < 0) fail("make", directory);
  ::unlink(path.c_str());
}

SpillFile::~SpillFile() {
  if (impl_->fd >= 0) ::close(impl_->fd);
}

void SpillFile::write(std::uint64_t offset, std::span<const std::uint8_t> data) {
  while (!data.empty()) {
    const ssize_t n = ::pwrite(impl_->fd, data.data(), data.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("write", name());
    offset += static_cast<std::uint64_t>(n);
    size_ = std::max(size_, offset);
    data = data.subspan(static_cast<std::size_t>(n));
  }
}

void SpillFile::resize(std::uint64_t size) {
  while (::ftruncate(impl_->fd, static_cast<off_t>(size)) != 0) {
    if (errno != EINTR) fail("resize", name());
  }
  size_ = size;
}

void SpillFile::do_read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  while (!out.empty()) {
    const ssize_t n = ::pread(impl_->fd, out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("read", name());
    offset += static_cast<std::uint64_t>(n);
    out = out.subspan(static_cast<std::size_t>(n));
  }
}

}  // namespace goldhive
