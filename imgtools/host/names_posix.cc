#include "imgtools/host/names_posix.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "imgtools/bytes/error.h"

namespace goldhive::posix {

namespace {

FileType type_of_entry(int directory, const dirent& entry) {
  switch (entry.d_type) {
    case DT_REG:
      return FileType::file;
    case DT_DIR:
      return FileType::directory;
    case DT_LNK:
      return FileType::symlink;
    case DT_BLK:
      return FileType::device;
    case DT_UNKNOWN: {  // file systems that do not store it
      struct stat s {};
      return ::fstatat(directory, entry.d_name, &s, AT_SYMLINK_NOFOLLOW) == 0 ? type_of(s.st_mode)
                                                                              : FileType::other;
    }
    default:
      return FileType::other;
  }
}

}  // namespace

void fail(const std::string& path, const char* action, int error) {
  const bool absent = error == ENOENT || error == ENOTDIR;
  throw Error(absent ? ErrorKind::not_found : ErrorKind::io,
              fmt::format("cannot {}: {}", action, std::generic_category().message(error)), path);
}

const char* c_path(const std::string& path) {
  if (path.find('\0') != std::string::npos) {
    throw Error(ErrorKind::usage, "a path cannot hold a NUL character", path.c_str());
  }
  return path.c_str();
}

FileType type_of(mode_t mode) {
  if (S_ISREG(mode)) return FileType::file;
  if (S_ISDIR(mode)) return FileType::directory;
  if (S_ISLNK(mode)) return FileType::symlink;
  if (S_ISBLK(mode)) return FileType::device;
  return FileType::other;
}

std::vector<DirectoryEntry> list_directory(const At& at, const std::string& directory) {
  Descriptor opened = open_at(at.fd(), at.c_name(), O_RDONLY | O_DIRECTORY);
  DIR* stream = opened.valid() ? ::fdopendir(opened.get()) : nullptr;
  if (stream == nullptr) fail(directory, "list", errno);
  const int folder = opened.release();  // closedir() closes it
  std::vector<DirectoryEntry> entries;
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") entries.push_back({name, type_of_entry(folder, *entry)});
    errno = 0;
  }
  const int error = errno;
  ::closedir(stream);
  if (error != 0) fail(directory, "list", error);
  std::sort(entries.begin(), entries.end(),
            [](const DirectoryEntry& a, const DirectoryEntry& b) { return a.name < b.name; });
  return entries;
}

std::optional<std::string> link_target(const At& at, const std::string& path) {
  std::string target(256, '\0');
  for (;;) {
    const ssize_t n = ::readlinkat(at.fd(), at.c_name(), target.data(), target.size());
    if (n < 0) {
      if (errno == EINVAL || errno == ENOENT || errno == ENOTDIR) return std::nullopt;
      fail(path, "read the link", errno);
    }
    if (static_cast<std::size_t>(n) < target.size()) {
      target.resize(static_cast<std::size_t>(n));
      return target;
    }
    target.resize(target.size() * 2);
  }
}

std::string path_of_open(int fd) {
#ifdef __linux__
  const std::string path = fmt::format("/proc/{}/fd/{}", ::getpid(), fd);
  if (::access(path.c_str(), F_OK) == 0) return path;
#else
  static_cast<void>(fd);
#endif
  return {};
}

int rename_into_gap(const At& from, const At& to) {
  const char* old_name = from.c_name();
  const char* new_name = to.c_name();
#ifdef RENAME_NOREPLACE
  if (::renameat2(from.fd(), old_name, to.fd(), new_name, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -1;
#endif
  if (::linkat(from.fd(), old_name, to.fd(), new_name, 0) == 0) {
    return ::unlinkat(from.fd(), old_name, 0);
  }
  if (errno == EEXIST || errno == ENOENT || errno == EXDEV) return -1;
  // A file system with neither, such as FAT: nothing better is left.
  struct stat s {};
  if (::fstatat(to.fd(), new_name, &s, AT_SYMLINK_NOFOLLOW) == 0) {
    errno = EEXIST;
    return -1;
  }
  return ::renameat(from.fd(), old_name, to.fd(), new_name);
}

}  // namespace goldhive::posix
