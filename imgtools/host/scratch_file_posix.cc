#include "imgtools/host/scratch_file.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "imgtools/bytes/error.h"
#include "imgtools/host/names_posix.h"
#include "imgtools/host/scratch_posix.h"

namespace goldhive {

namespace {

std::string system_message() { return std::error_code(errno, std::generic_category()).message(); }

}  // namespace

struct ScratchFile::Impl {
  int fd = -1;
  bool named = false;

  /// One without a name has no path that means anything to a person.
  Error failure(const char* what, const std::string& path) const {
    const std::string why = system_message();
    if (named) return {ErrorKind::io, fmt::format("cannot be {}: {}", what, why), path};
    return {ErrorKind::io, fmt::format("a temporary copy of it cannot be {}: {}", what, why)};
  }
};

ScratchFile::ScratchFile(const std::string& directory) : impl_(std::make_unique<Impl>()) {
#ifdef MFD_CLOEXEC
  impl_->fd = ::memfd_create("goldhive", MFD_CLOEXEC);
#endif
  if (impl_->fd < 0) impl_->fd = posix::open_nameless_scratch(directory).release();
  if (impl_->fd >= 0) {
    path_ = posix::path_of_open(impl_->fd);
    if (!path_.empty()) return;
    ::close(impl_->fd);  // no /proc here
  }
  impl_->fd = posix::open_named_scratch(directory, path_).release();
  if (impl_->fd < 0) {
    throw Error(ErrorKind::io, "no temporary file can be made: " + system_message(), directory);
  }
  impl_->named = true;
}

ScratchFile::~ScratchFile() {
  if (impl_->fd >= 0) ::close(impl_->fd);
  if (impl_->named) ::unlink(path_.c_str());
}

void ScratchFile::write(std::uint64_t offset, std::span<const std::uint8_t> data) {
  while (!data.empty()) {
    const ssize_t n = ::pwrite(impl_->fd, data.data(), data.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      throw impl_->failure("written", path_);
    }
    offset += static_cast<std::uint64_t>(n);
    data = data.subspan(static_cast<std::size_t>(n));
  }
}

void ScratchFile::resize(std::uint64_t size) {
  while (::ftruncate(impl_->fd, static_cast<off_t>(size)) != 0) {
    if (errno == EINTR) continue;
    throw impl_->failure("resized", path_);
  }
}

}  // namespace goldhive
