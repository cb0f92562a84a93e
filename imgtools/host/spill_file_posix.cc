#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "imgtools/bytes/error.h"
#include "imgtools/host/names_posix.h"
#include "imgtools/host/scratch_posix.h"
#include "imgtools/host/spill_file.h"

namespace goldhive {

struct SpillFile::Impl {
  int fd = -1;
  std::string directory;
};

namespace {

[[noreturn]] void cannot_spill(const char* action, const std::string& directory,
                               const std::string& name) {
  throw Error(
      ErrorKind::io,
      fmt::format("cannot {} a temporary file in {}: {} (TMPDIR names another folder)", action,
                  directory, std::error_code(errno, std::generic_category()).message()),
      name);
}

}  // namespace

SpillFile::SpillFile(const std::string& directory, std::string name)
    : ByteSource(std::move(name)), impl_(std::make_unique<Impl>()) {
  impl_->directory = directory.empty() ? "." : directory;
  impl_->fd = posix::open_nameless_scratch(impl_->directory).release();
  if (impl_->fd < 0) cannot_spill("make", impl_->directory, this->name());
}

SpillFile::~SpillFile() {
  if (impl_->fd >= 0) ::close(impl_->fd);
}

void SpillFile::write(std::uint64_t offset, std::span<const std::uint8_t> data) {
  while (!data.empty()) {
    const ssize_t n = ::pwrite(impl_->fd, data.data(), data.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) cannot_spill("write", impl_->directory, name());
    offset += static_cast<std::uint64_t>(n);
    size_ = std::max(size_, offset);
    data = data.subspan(static_cast<std::size_t>(n));
  }
}

void SpillFile::resize(std::uint64_t size) {
  while (::ftruncate(impl_->fd, static_cast<off_t>(size)) != 0) {
    if (errno != EINTR) cannot_spill("resize", impl_->directory, name());
  }
  size_ = size;
}

std::string SpillFile::open_path() const { return posix::path_of_open(impl_->fd); }

void SpillFile::do_read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  while (!out.empty()) {
    const ssize_t n = ::pread(impl_->fd, out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) cannot_spill("read", impl_->directory, name());
    offset += static_cast<std::uint64_t>(n);
    out = out.subspan(static_cast<std::size_t>(n));
  }
}

}  // namespace goldhive
