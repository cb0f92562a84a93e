// Storage on a POSIX host.
//
// Reading. Files are opened O_RDONLY and nothing else, and with O_NOATIME where the kernel lets us
// (owner or root): looking at evidence should not change its access time.
//
// Writing. A target is opened without O_CREAT and without O_TRUNC and is written in place, so it
// keeps its inode, owner, mode, ACL, hard links and extended attributes.
//
// Names. A command that changes files holds their folders (held_folders_posix.h). What makes, opens
// for writing, renames or removes an entry does it in the open folder, and follows no link there.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/host/file_posix.h"
#include "imgtools/host/held_folders_posix.h"
#include "imgtools/host/in_use.h"
#include "imgtools/host/names_posix.h"
#include "imgtools/host/path.h"
#include "imgtools/host/storage.h"
#include "imgtools/host/xattr.h"

namespace goldhive {

using posix::At;
using posix::Descriptor;
using posix::fail;
using posix::open_at;
using posix::size_of;
using posix::source_of;
using posix::stat_fd;
using posix::type_of;

namespace {

#ifdef O_NOATIME
constexpr int no_atime = O_NOATIME;
#else
constexpr int no_atime = 0;
#endif

/// Opens read-only. O_NONBLOCK so that a FIFO cannot hang us; it means nothing to files and disks,
/// but for a file under a lease (Samba), whose holder we then wait for.
Descriptor open_for_reading(const At& at, int more = 0) {
  const int attempts[] = {O_RDONLY | O_NONBLOCK | no_atime, O_RDONLY | O_NONBLOCK, O_RDONLY};
  for (const int flags : attempts) {
    Descriptor fd = open_at(at.fd(), at.c_name(), flags | more);
    if (fd.valid() || (errno != EPERM && errno != EWOULDBLOCK)) return fd;
  }
  return Descriptor(-1);
}

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

std::optional<FileInfo> stat_at(const At& at, const std::string& path) {
  struct stat s {};
  if (::fstatat(at.fd(), at.c_name(), &s, 0) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    fail(path, "stat", errno);
  }
  FileInfo info = info_of(s);
  if (info.type == FileType::device) {
    const Descriptor fd = open_for_reading(at);
    if (!fd.valid()) fail(path, "open", errno);
    info.size = size_of(fd.get(), s, path);
  }
  return info;
}

constexpr const char* no_write_mode = "is read-only (no write permission is set)";

/// Root may write what nobody is meant to write: the mode bits are respected all the same.
bool nobody_may_write(const struct stat& s) {
  return S_ISREG(s.st_mode) && (s.st_mode & (S_IWUSR | S_IWGRP | S_IWOTH)) == 0;
}

/// What open_write() says of an errno; nullopt for one that is no refusal.
std::optional<Error> refusal_to_open(const std::string& path, int error) {
  const auto refused = [&](const char* why) { return Error(ErrorKind::refused, why, path); };
  switch (error) {
    case ELOOP:
      return refused("is a symbolic link: not written through");
    case EROFS:
      return refused("lies on a read-only file system");
    case EACCES:
      return refused("cannot be opened for writing: permission denied");
    case EPERM:
      return refused("cannot be opened for writing: it is immutable or sealed");
    case EBUSY:
    case ETXTBSY:
      return refused("is in use: mounted or running");
    case EWOULDBLOCK:
      return refused("is in use: another process holds a lease on it");
    default:
      return std::nullopt;
  }
}

/// True if the folder of an entry gives nothing back that was put there (chattr +a).
bool is_append_only(const At& at) {
#ifdef STATX_ATTR_APPEND
  const std::string folder = parent_of(at.name);
  struct statx s {};
  return ::statx(at.fd(), folder.empty() ? "." : folder.c_str(), AT_NO_AUTOMOUNT, STATX_TYPE, &s) ==
             0 &&
         (s.stx_attributes & STATX_ATTR_APPEND) != 0;
#else
  static_cast<void>(at);
  return false;
#endif
}

constexpr const char* keeps_names =
    "lies in a folder that is append-only (chattr +a), where nothing can be renamed or removed";

/// What create() says of an errno.
[[noreturn]] void refuse_making(const std::string& path, int error) {
  if (error == EEXIST) throw Error(ErrorKind::refused, "exists already", path);
  if (error == EROFS) throw Error(ErrorKind::refused, "lies on a read-only file system", path);
  fail(path, "create", error);
}

/// Whether this process may write what is at `path` below `folder`; 0, or the errno.
int asked_to_write(int folder, const std::string& path) {
  return ::faccessat(folder, path.empty() ? "." : path.c_str(), W_OK, AT_EACCESS) == 0 ? 0 : errno;
}

/// See ReadStorage::write_refusal(). Asks the kernel, and opens nothing.
std::optional<Error> write_refusal_at(const At& at, const std::string& path) {
  struct stat s {};
  if (::fstatat(at.fd(), at.c_name(), &s, AT_SYMLINK_NOFOLLOW) == 0) {
    if (S_ISLNK(s.st_mode)) return refusal_to_open(path, ELOOP);
    if (const int error = asked_to_write(at.fd(), at.name)) return refusal_to_open(path, error);
    if (nobody_may_write(s)) return Error(ErrorKind::refused, no_write_mode, path);
    return std::nullopt;
  }
  if (errno != ENOENT) return std::nullopt;
  if (is_append_only(at)) return Error(ErrorKind::refused, keeps_names, path);
  const int error = asked_to_write(at.fd(), parent_of(at.name));
  if (error == 0) return std::nullopt;
  try {
    refuse_making(path, error);
  } catch (const Error& e) {
    return e;
  }
}

std::uint64_t free_space_at(const std::string& path) {
  struct statvfs s {};
  std::filesystem::path existing(path.empty() ? "." : path);
  while (::statvfs(existing.c_str(), &s) != 0) {
    if (errno == EINTR) continue;
    if (errno != ENOENT || !existing.has_relative_path()) fail(path, "find the free space", errno);
    existing = existing.parent_path();
    if (existing.empty()) existing = ".";
  }
  return static_cast<std::uint64_t>(s.f_bavail) * s.f_frsize;
}

std::unique_ptr<ByteSource> open_source(const At& at, const std::string& path) {
  Descriptor fd = open_for_reading(at);
  if (!fd.valid()) fail(path, "open", errno);
  const std::uint64_t size = size_of(fd.get(), stat_fd(fd.get(), path), path);
  return source_of(std::move(fd), size, path);
}

bool is_known_owner(uid_t owner, const At& target) {
  if (owner == ::geteuid() || owner == 0) return true;
  struct stat s {};
  return ::fstatat(target.fd(), target.c_name(), &s, 0) == 0 && s.st_uid == owner;
}

std::optional<OwnFile> open_own_file(const At& at, const std::string& path, const At& target) {
  // Asked first, since opening a device could move a tape. Then the open file is asked again.
  struct stat s {};
  if (::fstatat(at.fd(), at.c_name(), &s, AT_SYMLINK_NOFOLLOW) != 0) {
    // What has a name too long for a file is not there: "<long name>.goldhive-journal".
    if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG) return std::nullopt;
    fail(path, "stat", errno);
  }
  OwnFile file;
  file.info = info_of(s);
  file.known_owner = is_known_owner(s.st_uid, target);
  if (file.info.type != FileType::file) return file;
  Descriptor fd = open_for_reading(at, O_NOFOLLOW);
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
  file.content = source_of(std::move(fd), file.info.size, path);
  return file;
}

/// Read-only view and full Storage share these.
template <class Interface>
class PosixReads : public Interface {
 public:
  std::optional<FileInfo> stat(const std::string& path) const override {
    return stat_at(folders_.find(path), path);
  }
  std::vector<DirectoryEntry> list(const std::string& directory) const override {
    return posix::list_directory(folders_.find(directory), directory);
  }
  std::unique_ptr<ByteSource> open(const std::string& path) const override {
    return open_source(folders_.find(path), path);
  }
  std::optional<std::string> read_link(const std::string& path) const override {
    return posix::link_target(folders_.find(path), path);
  }
  std::string writer_of(const std::string& path) const override {
    const Descriptor fd = open_for_reading(folders_.find(path));
    return fd.valid() ? writer_beside_reader(fd.get()) : "";
  }
  std::optional<Error> write_refusal(const std::string& path) const override {
    return write_refusal_at(folders_.find(path), path);
  }
  std::string in_use_by(const std::string& path) const override {
    const Descriptor fd = open_for_reading(folders_.find(path));
    return fd.valid() ? keeps_writers_out(fd.get()) : "";
  }
  ChangeMark change_mark(const std::string& path) const override {
    const Descriptor fd = open_for_reading(folders_.find(path));
    return fd.valid() ? read_change_mark(fd.get()) : ChangeMark{};
  }
  std::uint64_t free_space(const std::string& path) const override { return free_space_at(path); }
  std::optional<OwnFile> open_own(const std::string& path,
                                  const std::string& target) const override {
    return open_own_file(folders_.find(path), path, folders_.find(target));
  }

 protected:
  posix::HeldFolders folders_;
};

class PosixReadStorage final : public PosixReads<ReadStorage> {};

bool is_same(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

class PosixStorage final : public PosixReads<Storage> {
 public:
  std::unique_ptr<HeldFolder> hold_folder(const std::string& path, Reach reach) override {
    return folders_.hold(path, reach);
  }

  std::unique_ptr<WritableFile> open_write(const std::string& path) override {
    const At at = folders_.entry(path);
    struct stat named {};
    const bool device =
        ::fstatat(at.fd(), at.c_name(), &named, AT_SYMLINK_NOFOLLOW) == 0 && S_ISBLK(named.st_mode);
    Descriptor fd =
        open_at(at.fd(), at.c_name(), O_RDWR | O_NONBLOCK | O_NOFOLLOW | (device ? O_EXCL : 0));
    if (!fd.valid()) {
      const int error = errno;
      if (const auto refusal = refusal_to_open(path, error)) throw Error(*refusal);
      fail(path, "open for writing", error);
    }
    const struct stat s = stat_fd(fd.get(), path);
    if (nobody_may_write(s)) throw Error(ErrorKind::refused, no_write_mode, path);
    posix::lock(fd.get(), path);
    if (::fstatat(at.fd(), at.c_name(), &named, AT_SYMLINK_NOFOLLOW) != 0 || !is_same(named, s)) {
      throw Error(ErrorKind::refused, "was replaced by another process while being opened", path);
    }
    if (const std::string other = other_writer(fd.get()); !other.empty()) {
      throw Error(ErrorKind::refused, "is in use: " + other, path);
    }
    return posix::file_of(std::move(fd), path);
  }

  std::unique_ptr<WritableFile> create(const std::string& path) override {
    // Only the owner may read it: journals hold bytes of hives, and hives hold secrets.
    const At at = folders_.entry(path);
    if (is_append_only(at)) throw Error(ErrorKind::refused, keeps_names, path);
    Descriptor fd = open_at(at.fd(), at.c_name(), O_RDWR | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
    if (!fd.valid()) refuse_making(path, errno);
    posix::lock(fd.get(), path);
    return posix::file_of(std::move(fd), path);
  }

  void rename(const std::string& from, const std::string& to) override {
    const At old_name = folders_.entry(from);
    const At new_name = folders_.entry(to);
    if (::renameat(old_name.fd(), old_name.c_name(), new_name.fd(), new_name.c_name()) != 0) {
      fail(from, fmt::format("rename to {}", to).c_str(), errno);
    }
  }

  void rename_new(const std::string& from, const std::string& to) override {
    if (posix::rename_into_gap(folders_.entry(from), folders_.entry(to)) == 0) return;
    if (errno == EEXIST) throw Error(ErrorKind::refused, "exists already", to);
    fail(from, fmt::format("rename to {}", to).c_str(), errno);
  }

  void remove(const std::string& path) override {
    const At at = folders_.entry(path);
    if (::unlinkat(at.fd(), at.c_name(), 0) != 0) fail(path, "remove", errno);
  }

  bool link(const std::string& from, const std::string& to) override {
    const At old_name = folders_.entry(from);
    const At new_name = folders_.entry(to);
    if (::linkat(old_name.fd(), old_name.c_name(), new_name.fd(), new_name.c_name(), 0) == 0) {
      return true;
    }
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
    const At at = folders_.find(path);
    const Descriptor fd = open_at(at.fd(), at.c_name(), O_WRONLY | O_NOCTTY);
    if (!fd.valid()) fail(path, "open for writing", errno);
    struct stat s {};
    if (::fstat(fd.get(), &s) != 0) fail(path, "stat", errno);
    if (S_ISREG(s.st_mode)) {
      throw Error(ErrorKind::refused, "was replaced by a file while being opened", path);
    }
    while (!data.empty()) {
      const ssize_t n = ::write(fd.get(), data.data(), data.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) fail(path, "write", n < 0 ? errno : ENOSPC);
      data = data.subspan(static_cast<std::size_t>(n));
    }
  }

  void make_directories(const std::string& path) override {
    const std::string directory = without_trailing_separators(path);
    if (directory.empty() || stat(directory)) return;  // a file there is found when it is used
    const std::string parent = parent_of(directory);
    make_directories(parent);
    const std::unique_ptr<HeldFolder> held = hold_folder(parent, Reach::names);
    const At at = folders_.entry(directory);
    if (::mkdirat(at.fd(), at.c_name(), 0777) != 0 && errno != EEXIST) {
      fail(path, "create the directory", errno);
    }
    sync_directory(parent);
  }

  void sync_directory(const std::string& directory) override {
    const At at = folders_.find(directory);
    const Descriptor fd = open_at(at.fd(), at.c_name(), O_RDONLY | O_DIRECTORY);
    if (!fd.valid()) fail(directory, "open", errno);
    while (::fsync(fd.get()) != 0) {
      if (errno == EINTR) continue;
      if (errno == EINVAL || errno == EOPNOTSUPP) return;  // file systems without the notion
      fail(directory, "flush to the disk", errno);
    }
  }
};

}  // namespace

std::unique_ptr<ReadStorage> host_read_storage() { return std::make_unique<PosixReadStorage>(); }
std::unique_ptr<Storage> host_storage() { return std::make_unique<PosixStorage>(); }

}  // namespace goldhive
