// Locks. A writer takes two locks on the whole file, neither of which waits:
//
//   - an OFD lock (F_OFD_SETLK). It conflicts with the byte-range locks of other programs: classic
//     fcntl() locks (Samba, wine) and the OFD locks by which qemu marks the images of running
//     machines. Why not a classic fcntl() lock of our own: the kernel drops it when the process
//     closes *any* descriptor of the file, and a rescan opens and closes the same hive.
//   - flock(). On Linux it is a namespace of its own, and the one wimlib, losetup --nooverlap and
//     udev use. A second goldhive meets both.
//
// A file system without locks (some FUSE ones) answers EOPNOTSUPP, ENOSYS or EINVAL: then nobody
// else can hold a lock either, and we go on. Any other failure refuses. Since most programs take no
// lock at all, in_use.h then looks for those that merely have the file open for writing. A block
// device is opened O_EXCL, by which Linux refuses a device that is mounted.
//
// Both locks live as long as the descriptor, so a kill -9 leaves no stale lock behind.
#include "imgtools/host/file_posix.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/host/in_use.h"
#include "imgtools/host/names_posix.h"
#include "imgtools/host/reflink.h"
#include "imgtools/host/xattr.h"

namespace goldhive::posix {

std::uint64_t size_of(int fd, const struct stat& s, const std::string& path) {
  if (!S_ISBLK(s.st_mode)) return static_cast<std::uint64_t>(s.st_size);
  const off_t end = ::lseek(fd, 0, SEEK_END);
  if (end < 0) fail(path, "find the size", errno);
  return static_cast<std::uint64_t>(end);
}

struct stat stat_fd(int fd, const std::string& path) {
  struct stat s {};
  if (::fstat(fd, &s) != 0) fail(path, "stat", errno);
  if (S_ISDIR(s.st_mode)) throw Error(ErrorKind::io, "is a directory", path);
  if (!S_ISREG(s.st_mode) && !S_ISBLK(s.st_mode)) {
    throw Error(ErrorKind::io, "is neither a file nor a block device", path);
  }
  return s;
}

namespace {

void read_all(int fd, const std::string& path, std::uint64_t offset, std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t n = ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0) {
      if (errno == EINTR) continue;
      fail(path, fmt::format("read at {:#x}", offset).c_str(), errno);
    }
    if (n == 0) {
      throw Error(ErrorKind::io, fmt::format("became shorter while being read, at {:#x}", offset),
                  path);
    }
    offset += static_cast<std::uint64_t>(n);
    out = out.subspan(static_cast<std::size_t>(n));
  }
}

class FileSource final : public ByteSource {
 public:
  FileSource(Descriptor fd, std::uint64_t size, const std::string& path)
      : ByteSource(path), fd_(std::move(fd)), size_(size) {}
  std::uint64_t size() const override { return size_; }
  std::string open_path() const override { return path_of_open(fd_.get()); }
  int descriptor() const { return fd_.get(); }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    read_all(fd_.get(), name(), offset, out);
  }

 private:
  Descriptor fd_;
  std::uint64_t size_;
};

bool locks_are_unknown_here(int error) {
  return error == EOPNOTSUPP || error == ENOSYS || error == EINVAL;
}

int descriptor_of(const ByteSource& source) {
  const auto* file = dynamic_cast<const FileSource*>(&source);
  if (file == nullptr) throw Error(ErrorKind::io, "is no file of this host", source.name());
  return file->descriptor();
}

class PosixFile final : public WritableFile {
 public:
  PosixFile(Descriptor fd, std::string path)
      : fd_(std::move(fd)),
        path_(std::move(path)),
        mode_(stat_fd(fd_.get(), path_).st_mode & 07777),
        capability_(read_capability(fd_.get())) {}

  std::uint64_t size() const override {
    return size_of(fd_.get(), stat_fd(fd_.get(), path_), path_);
  }
  void read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    read_all(fd_.get(), path_, offset, out);
  }
  void write(std::uint64_t offset, std::span<const std::uint8_t> data) override {
    while (!data.empty()) {
      const ssize_t n = ::pwrite(fd_.get(), data.data(), data.size(), static_cast<off_t>(offset));
      if (n < 0) {
        if (errno == EINTR) continue;
        fail(path_, fmt::format("write at {:#x}", offset).c_str(), errno);
      }
      if (n == 0) fail(path_, fmt::format("write at {:#x}", offset).c_str(), ENOSPC);
      offset += static_cast<std::uint64_t>(n);
      data = data.subspan(static_cast<std::size_t>(n));
    }
  }
  void resize(std::uint64_t size) override {
    while (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) {
      if (errno != EINTR) fail(path_, "change the size", errno);
    }
  }
  bool clone(const ByteSource& from) override {
    return share_blocks(descriptor_of(from), fd_.get());
  }
  void copy_attributes(const ByteSource& from) override {
    const int source = descriptor_of(from);
    const struct stat s = stat_fd(source, from.name());
    const struct stat t = stat_fd(fd_.get(), path_);
    if ((s.st_uid != t.st_uid || s.st_gid != t.st_gid) &&
        ::fchown(fd_.get(), s.st_uid, s.st_gid) != 0) {
      throw Error(ErrorKind::refused,
                  "belongs to another user or group, which the new file could not keep: run as its "
                  "owner or as root",
                  from.name());
    }
    copy_extended_attributes(source, fd_.get(), from.name());
    if (::fchmod(fd_.get(), s.st_mode & 07777) != 0) fail(path_, "set the mode", errno);
  }
  void mark_change(const std::string& journal) override {
    std::error_code unknown;
    const std::filesystem::path path = std::filesystem::absolute(journal, unknown);
    write_change_mark(fd_.get(), journal.empty() || unknown ? journal : path.string(), path_);
  }
  void let_others_read() override {
    const mode_t mask = ::umask(077);  // to ask for it is to set it
    ::umask(mask);
    if (::fchmod(fd_.get(), 0666 & ~mask) != 0) fail(path_, "set the mode", errno);
  }
  void sync() override {
    keep_rights();
#ifdef F_FULLFSYNC  // macOS: fsync() stops at the drive's cache
    if (::fcntl(fd_.get(), F_FULLFSYNC) == 0) return;
#endif
    while (::fsync(fd_.get()) != 0) {
      if (errno != EINTR) fail(path_, "flush to the disk", errno);
    }
  }

 private:
  /// The system takes from a file that is written what it may do when it is run, and its bits for
  /// that. Neither is of the content, and both are to be as they were.
  void keep_rights() {
    constexpr mode_t as_another = S_ISUID | S_ISGID;
    if ((mode_ & as_another) != 0 &&
        (stat_fd(fd_.get(), path_).st_mode & as_another) != (mode_ & as_another)) {
      ::fchmod(fd_.get(), mode_);
    }
    if (!capability_.empty() && read_capability(fd_.get()) != capability_) {
      write_capability(fd_.get(), capability_);
    }
  }

  Descriptor fd_;
  std::string path_;
  mode_t mode_;             ///< of the file as it was opened
  std::string capability_;  ///< the same
};

}  // namespace

void lock(int fd, const std::string& path) {
  const auto held = [&](const char* by) {
    throw Error(ErrorKind::refused, std::string("is in use: ") + by, path);
  };
#ifdef F_OFD_SETLK
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;  // l_len 0: to the end, however far it grows
  while (::fcntl(fd, F_OFD_SETLK, &range) != 0) {
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EACCES) held(fcntl_lock_held);
    if (locks_are_unknown_here(errno)) break;
    fail(path, "lock", errno);
  }
#endif
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno == EWOULDBLOCK) held(flock_held);
    if (locks_are_unknown_here(errno)) break;
    fail(path, "lock", errno);
  }
}

std::unique_ptr<ByteSource> source_of(Descriptor fd, std::uint64_t size, const std::string& path) {
  return std::make_unique<FileSource>(std::move(fd), size, path);
}

std::unique_ptr<WritableFile> file_of(Descriptor fd, const std::string& path) {
  return std::make_unique<PosixFile>(std::move(fd), path);
}

}  // namespace goldhive::posix
