// Storage on a POSIX host.
//
// Reading. Files are opened O_RDONLY and nothing else, and with O_NOATIME where the kernel lets us
// (owner or root): looking at evidence should not change its access time.
//
// Writing. A target is opened without O_CREAT and without O_TRUNC and is written in place, so it
// keeps its inode, owner, mode, ACL, hard links and extended attributes.
//
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
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/host/in_use.h"
#include "imgtools/host/names_posix.h"
#include "imgtools/host/path.h"
#include "imgtools/host/reflink.h"
#include "imgtools/host/storage.h"
#include "imgtools/host/xattr.h"

namespace goldhive {

using posix::c_path;
using posix::fail;
using posix::type_of;

namespace {

#ifdef O_NOATIME
constexpr int no_atime = O_NOATIME;
#else
constexpr int no_atime = 0;
#endif

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

 private:
  int fd_;
};

/// open() that survives signals; -1 and errno as open() has them.
Descriptor open_raw(const std::string& path, int flags, mode_t mode = 0) {
  for (;;) {
    const int fd = ::open(c_path(path), flags | O_CLOEXEC, mode);
    if (fd >= 0 || errno != EINTR) return Descriptor(fd);
  }
}

/// Opens read-only. O_NONBLOCK so that a FIFO cannot hang us; it means nothing to files and disks,
/// but for a file under a lease (Samba), whose holder we then wait for.
Descriptor open_for_reading(const std::string& path, int more = 0) {
  const int attempts[] = {O_RDONLY | O_NONBLOCK | no_atime, O_RDONLY | O_NONBLOCK, O_RDONLY};
  for (const int flags : attempts) {
    Descriptor fd = open_raw(path, flags | more);
    if (fd.valid() || (errno != EPERM && errno != EWOULDBLOCK)) return fd;
  }
  return Descriptor(-1);
}

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

void lock(int fd, const std::string& path) {
  const auto held = [&](const char* by) {
    throw Error(ErrorKind::refused, fmt::format("is in use: another process holds {} on it", by),
                path);
  };
#ifdef F_OFD_SETLK
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;  // l_len 0: to the end, however far it grows
  while (::fcntl(fd, F_OFD_SETLK, &range) != 0) {
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EACCES) held("a lock (fcntl)");
    if (locks_are_unknown_here(errno)) break;
    fail(path, "lock", errno);
  }
#endif
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno == EWOULDBLOCK) held("a lock (flock)");
    if (locks_are_unknown_here(errno)) break;
    fail(path, "lock", errno);
  }
}

int descriptor_of(const ByteSource& source) {
  const auto* file = dynamic_cast<const FileSource*>(&source);
  if (file == nullptr) throw Error(ErrorKind::io, "is no file of this host", source.name());
  return file->descriptor();
}

class PosixFile final : public WritableFile {
 public:
  PosixFile(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

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
  void sync() override {
#ifdef F_FULLFSYNC  // macOS: fsync() stops at the drive's cache
    if (::fcntl(fd_.get(), F_FULLFSYNC) == 0) return;
#endif
    while (::fsync(fd_.get()) != 0) {
      if (errno != EINTR) fail(path_, "flush to the disk", errno);
    }
  }

 private:
  Descriptor fd_;
  std::string path_;
};

std::uint64_t nanoseconds(const struct timespec& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

void set_times(const struct stat& s, FileInfo& info) {
#ifdef __APPLE__
  info.modified = nanoseconds(s.st_mtimespec);
  info.changed = nanoseconds(s.st_ctimespec);
#else
  info.modified = nanoseconds(s.st_mtim);
  info.changed = nanoseconds(s.st_ctim);
#endif
}

/// But for the size of a device.
FileInfo info_of(const struct stat& s) {
  FileInfo info;
  info.type = type_of(s.st_mode);
  info.device = static_cast<std::uint64_t>(s.st_dev);
  info.inode = static_cast<std::uint64_t>(s.st_ino);
  info.links = static_cast<std::uint64_t>(s.st_nlink);
  if (info.type == FileType::file) {
    info.size = static_cast<std::uint64_t>(s.st_size);
    info.allocated = static_cast<std::uint64_t>(s.st_blocks) * 512;
    set_times(s, info);
  }
  return info;
}

std::optional<FileInfo> stat_path(const std::string& path) {
  struct stat s {};
  if (::stat(c_path(path), &s) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    fail(path, "stat", errno);
  }
  FileInfo info = info_of(s);
  if (info.type == FileType::device) {
    const Descriptor fd = open_for_reading(path);
    if (!fd.valid()) fail(path, "open", errno);
    info.size = size_of(fd.get(), s, path);
  }
  return info;
}

std::unique_ptr<ByteSource> open_source(const std::string& path) {
  Descriptor fd = open_for_reading(path);
  if (!fd.valid()) fail(path, "open", errno);
  const std::uint64_t size = size_of(fd.get(), stat_fd(fd.get(), path), path);
  return std::make_unique<FileSource>(std::move(fd), size, path);
}

bool is_known_owner(uid_t owner, const std::string& target) {
  if (owner == ::geteuid() || owner == 0) return true;
  struct stat s {};
  return ::stat(c_path(target.empty() ? "." : target), &s) == 0 && s.st_uid == owner;
}

std::optional<OwnFile> open_own_file(const std::string& path, const std::string& target) {
  // Asked first, since opening a device could move a tape. Then the open file is asked again.
  struct stat s {};
  if (::lstat(c_path(path), &s) != 0) {
    // What has a name too long for a file is not there: "<long name>.goldhive-journal".
    if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG) return std::nullopt;
    fail(path, "stat", errno);
  }
  OwnFile file;
  file.info = info_of(s);
  if (file.info.type != FileType::file) return file;
  Descriptor fd = open_for_reading(path, O_NOFOLLOW);
  if (!fd.valid()) {
    if (errno == ENOENT) return std::nullopt;
    if (errno != ELOOP) fail(path, "open", errno);
    file.info.type = FileType::symlink;
    return file;
  }
  if (::fstat(fd.get(), &s) != 0) fail(path, "stat", errno);
  file.info = info_of(s);
  if (file.info.type != FileType::file) return file;
  file.known_owner = is_known_owner(s.st_uid, target);
  file.others_write = (s.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  file.content = std::make_unique<FileSource>(std::move(fd), file.info.size, path);
  return file;
}

std::string writer_of_path(const std::string& path) {
  const Descriptor fd = open_for_reading(path);
  return fd.valid() ? writer_beside_reader(fd.get()) : "";
}

/// Read-only view and full Storage share these.
template <class Interface>
class PosixReads : public Interface {
 public:
  std::optional<FileInfo> stat(const std::string& path) const override { return stat_path(path); }
  std::vector<DirectoryEntry> list(const std::string& directory) const override {
    return posix::list_directory(directory);
  }
  std::unique_ptr<ByteSource> open(const std::string& path) const override {
    return open_source(path);
  }
  std::optional<std::string> read_link(const std::string& path) const override {
    return posix::link_target(path);
  }
  std::string writer_of(const std::string& path) const override { return writer_of_path(path); }
  std::optional<OwnFile> open_own(const std::string& path,
                                  const std::string& target) const override {
    return open_own_file(path, target);
  }
};

class PosixReadStorage final : public PosixReads<ReadStorage> {};

class PosixStorage final : public PosixReads<Storage> {
 public:
  std::unique_ptr<WritableFile> open_write(const std::string& path) override {
    const std::optional<FileInfo> before = stat_path(path);
    const bool device = before && before->type == FileType::device;
    Descriptor fd = open_raw(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW | (device ? O_EXCL : 0));
    if (!fd.valid()) refuse_opening(path, errno);
    const struct stat s = stat_fd(fd.get(), path);
    // Root may write what nobody is meant to write: respect the mode bits all the same.
    if (S_ISREG(s.st_mode) && (s.st_mode & (S_IWUSR | S_IWGRP | S_IWOTH)) == 0) {
      throw Error(ErrorKind::refused, "is read-only (no write permission is set)", path);
    }
    lock(fd.get(), path);
    const std::optional<FileInfo> after = stat_path(path);
    if (!after || after->inode != static_cast<std::uint64_t>(s.st_ino) ||
        after->device != static_cast<std::uint64_t>(s.st_dev)) {
      throw Error(ErrorKind::refused, "was replaced by another process while being opened", path);
    }
    if (const std::string other = other_writer(fd.get()); !other.empty()) {
      throw Error(ErrorKind::refused, "is in use: " + other, path);
    }
    return std::make_unique<PosixFile>(std::move(fd), path);
  }

  std::unique_ptr<WritableFile> create(const std::string& path) override {
    // Only the owner may read it: journals hold bytes of hives, and hives hold secrets.
    Descriptor fd = open_raw(path, O_RDWR | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
    if (!fd.valid()) {
      if (errno == EEXIST) throw Error(ErrorKind::refused, "exists already", path);
      if (errno == EROFS) throw Error(ErrorKind::refused, "lies on a read-only file system", path);
      fail(path, "create", errno);
    }
    lock(fd.get(), path);
    return std::make_unique<PosixFile>(std::move(fd), path);
  }

  void rename(const std::string& from, const std::string& to) override {
    if (::rename(c_path(from), c_path(to)) != 0) {
      fail(from, fmt::format("rename to {}", to).c_str(), errno);
    }
  }

  void rename_new(const std::string& from, const std::string& to) override {
    if (posix::rename_into_gap(from, to) == 0) return;
    if (errno == EEXIST) throw Error(ErrorKind::refused, "exists already", to);
    fail(from, fmt::format("rename to {}", to).c_str(), errno);
  }

  void remove(const std::string& path) override {
    if (::unlink(c_path(path)) != 0) fail(path, "remove", errno);
  }

  bool link(const std::string& from, const std::string& to) override {
    if (::link(c_path(from), c_path(to)) == 0) return true;
    switch (errno) {
      case EPERM:  // no hard links here, or not for this user (fs.protected_hardlinks)
      case EXDEV:
      case EMLINK:
      case ENOSYS:
      case EOPNOTSUPP:
        return false;
      default:
        fail(from, fmt::format("link to {}", to).c_str(), errno);
    }
  }

  void send(const std::string& path, std::span<const std::uint8_t> data) override {
    const Descriptor fd = open_raw(path, O_WRONLY | O_NOCTTY);
    if (!fd.valid()) fail(path, "open for writing", errno);
    while (!data.empty()) {
      const ssize_t n = ::write(fd.get(), data.data(), data.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) fail(path, "write", n < 0 ? errno : ENOSPC);
      data = data.subspan(static_cast<std::size_t>(n));
    }
  }

  void make_directories(const std::string& path) override {
    const std::string directory = without_trailing_separators(path);
    if (directory.empty() || stat_path(directory)) return;  // a file there is found when it is used
    const std::string parent = parent_of(directory);
    make_directories(parent);
    if (::mkdir(c_path(directory), 0777) != 0 && errno != EEXIST) {
      fail(path, "create the directory", errno);
    }
    sync_directory(parent);
  }

  void sync_directory(const std::string& directory) override {
    const Descriptor fd = open_raw(directory.empty() ? "." : directory, O_RDONLY | O_DIRECTORY);
    if (!fd.valid()) fail(directory, "open", errno);
    while (::fsync(fd.get()) != 0) {
      if (errno == EINTR) continue;
      if (errno == EINVAL || errno == EOPNOTSUPP) return;  // file systems without the notion
      fail(directory, "flush to the disk", errno);
    }
  }

  std::uint64_t free_space(const std::string& path) const override {
    struct statvfs s {};
    std::filesystem::path existing(path.empty() ? "." : path);
    while (::statvfs(existing.c_str(), &s) != 0) {
      if (errno == EINTR) continue;
      if (errno != ENOENT || !existing.has_relative_path())
        fail(path, "find the free space", errno);
      existing = existing.parent_path();
      if (existing.empty()) existing = ".";
    }
    return static_cast<std::uint64_t>(s.f_bavail) * s.f_frsize;
  }

 private:
  [[noreturn]] static void refuse_opening(const std::string& path, int error) {
    switch (error) {
      case ELOOP:
        throw Error(ErrorKind::refused, "is a symbolic link: not written through", path);
      case EROFS:
        throw Error(ErrorKind::refused, "lies on a read-only file system", path);
      case EACCES:
        throw Error(ErrorKind::refused, "cannot be opened for writing: permission denied", path);
      case EPERM:
        throw Error(ErrorKind::refused, "cannot be opened for writing: it is immutable or sealed",
                    path);
      case EBUSY:
      case ETXTBSY:
        throw Error(ErrorKind::refused, "is in use: mounted or running", path);
      case EWOULDBLOCK:
        throw Error(ErrorKind::refused, "is in use: another process holds a lease on it", path);
      default:
        fail(path, "open for writing", error);
    }
  }
};

}  // namespace

std::unique_ptr<ReadStorage> host_read_storage() { return std::make_unique<PosixReadStorage>(); }
std::unique_ptr<Storage> host_storage() { return std::make_unique<PosixStorage>(); }

}  // namespace goldhive
