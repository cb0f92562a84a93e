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

FileType type_of_entry(const std::string& directory, const dirent& entry) {
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
      const std::string path = directory + "/" + entry.d_name;
      return ::lstat(path.c_str(), &s) == 0 ? type_of(s.st_mode) : FileType::other;
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

std::vector<DirectoryEntry> list_directory(const std::string& directory) {
  DIR* stream = ::opendir(c_path(directory.empty() ? "." : directory));
  if (stream == nullptr) fail(directory, "list", errno);
  std::vector<DirectoryEntry> entries;
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") entries.push_back({name, type_of_entry(directory, *entry)});
    errno = 0;
  }
  const int error = errno;
  ::closedir(stream);
  if (error != 0) fail(directory, "list", error);
  std::sort(entries.begin(), entries.end(),
            [](const DirectoryEntry& a, const DirectoryEntry& b) { return a.name < b.name; });
  return entries;
}

std::optional<std::string> link_target(const std::string& path) {
  std::string target(256, '\0');
  for (;;) {
    const ssize_t n = ::readlink(c_path(path), target.data(), target.size());
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

int rename_into_gap(const std::string& from_path, const std::string& to_path) {
  const char* from = c_path(from_path);
  const char* to = c_path(to_path);
#ifdef RENAME_NOREPLACE
  if (::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -1;
#endif
  if (::link(from, to) == 0) return ::unlink(from);
  if (errno == EEXIST || errno == ENOENT || errno == EXDEV) return -1;
  // A file system with neither, such as FAT: nothing better is left.
  struct stat s {};
  if (::lstat(to, &s) == 0) {
    errno = EEXIST;
    return -1;
  }
  return ::rename(from, to);
}

}  // namespace goldhive::posix
