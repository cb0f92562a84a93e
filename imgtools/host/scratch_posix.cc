#include "imgtools/host/scratch_posix.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <string_view>

namespace goldhive::posix {

namespace {

// The name says what it is, so that nobody gives it to a file that he means to keep.
constexpr std::string_view scratch_prefix = ".goldhive-temporary-";
constexpr std::string_view scratch_pattern = "XXXXXX";  // of mkostemp(): letters and digits

bool is_scratch_name(std::string_view name) {
  return name.starts_with(scratch_prefix) &&
         name.size() == scratch_prefix.size() + scratch_pattern.size() &&
         std::all_of(name.begin() + scratch_prefix.size(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0; });
}

bool lock(int fd, int how) {
  while (::flock(fd, LOCK_EX | how) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

/// Whether it is a file of this user's runs, and the one that is open is still the one that has the
/// name: somebody who locks it later may find it removed.
bool is_there(int fd) {
  struct stat s {};
  return ::fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_uid == ::geteuid() && s.st_nlink == 1;
}

void remove_those_of_dead_runs(const std::string& directory) {
  DIR* stream = ::opendir(directory.c_str());
  if (stream == nullptr) return;
  while (const dirent* entry = ::readdir(stream)) {
    if (!is_scratch_name(entry->d_name)) continue;
    const Descriptor file =
        open_at(::dirfd(stream), entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (file.valid() && is_there(file.get()) && lock(file.get(), LOCK_NB)) {
      ::unlinkat(::dirfd(stream), entry->d_name, 0);
    }
  }
  ::closedir(stream);
}

}  // namespace

Descriptor open_named_scratch(const std::string& directory, std::string& path) {
  remove_those_of_dead_runs(directory);
  for (;;) {
    path = directory + "/" + std::string(scratch_prefix) + std::string(scratch_pattern);
    Descriptor file(::mkostemp(path.data(), O_CLOEXEC));
    // Another run may take it for a dead one's before it is locked.
    if (!file.valid() || !lock(file.get(), 0) || is_there(file.get())) return file;
  }
}

Descriptor open_nameless_scratch(const std::string& directory) {
#ifdef O_TMPFILE
  Descriptor nameless = open_at(AT_FDCWD, directory.c_str(), O_TMPFILE | O_RDWR, S_IRUSR | S_IWUSR);
  if (nameless.valid()) return nameless;
#endif
  std::string path;
  Descriptor named = open_named_scratch(directory, path);
  if (named.valid()) ::unlink(path.c_str());
  return named;
}

}  // namespace goldhive::posix
