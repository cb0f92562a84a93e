// On Linux, in three steps:
//
//   1. A write lease (fcntl F_SETLEASE) is granted only if nobody else has the file open, a read
//      lease only if nobody has it open for writing. If we get one there is nothing more to ask; it
//      is given back at once. If somebody opens the file in between, the kernel makes him wait and
//      sends us a signal: SIGURG, chosen because it is ignored by default, where the usual SIGIO
//      would end us. Only the owner of a file and root are given leases.
//   2. Otherwise /sys/block/loop*/loop/backing_file tells whether a loop device holds it: the
//      kernel itself has it open then, and no process shows it.
//   3. Otherwise /proc/<pid>/fd tells which process, as far as we may look. Readers are no harm.
//
// Locks are asked for without taking one: F_OFD_GETLK tells of those of fcntl(), and /proc/locks of
// those of flock(), which has no such call.
//
// Sources: fcntl(2) "Leases", proc(5) "/proc/[pid]/fdinfo" and "/proc/locks",
// Documentation/ABI/testing/sysfs-block.
#include "imgtools/host/in_use.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>

namespace goldhive {

namespace {

/// Takes a lease and gives it back; 0, or the error of the refusal.
int try_lease(int fd, int kind) {
  if (::fcntl(fd, F_SETSIG, SIGURG) != 0 || ::fcntl(fd, F_SETLEASE, kind) != 0) return errno;
  ::fcntl(fd, F_SETLEASE, F_UNLCK);
  return 0;
}

bool same_file(const std::string& path, const struct stat& file) {
  struct stat s {};
  return ::stat(path.c_str(), &s) == 0 && s.st_dev == file.st_dev && s.st_ino == file.st_ino;
}

/// The first line of a small file of /proc or /sys; "" if it cannot be read.
std::string first_line(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

/// Calls `visit` with each name in `directory` until it returns something; what cannot be listed is
/// passed over.
std::string search(const std::string& directory,
                   const std::function<std::string(const std::string& name)>& visit) {
  DIR* stream = ::opendir(directory.c_str());
  if (stream == nullptr) return "";
  std::string found;
  while (found.empty()) {
    const dirent* entry = ::readdir(stream);
    if (entry == nullptr) break;
    found = visit(entry->d_name);
  }
  ::closedir(stream);
  return found;
}

bool is_number(const std::string& name) {
  return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
}

std::string loop_device(const struct stat& file) {
  return search("/sys/block", [&](const std::string& name) -> std::string {
    if (!name.starts_with("loop")) return "";
    const std::string folder = "/sys/block/" + name;
    const std::string backing = first_line(folder + "/loop/backing_file");
    if (backing.empty() || !same_file(backing, file)) return "";
    return first_line(folder + "/ro") == "1" ? "" : "attached to the loop device " + name;
  });
}

/// Of a block device: an exclusive open is refused for one that a file system or another driver
/// holds.
bool is_claimed(int fd) {
  const int again = ::open(fmt::format("/proc/self/fd/{}", fd).c_str(),
                           O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
  if (again < 0) return errno == EBUSY;
  ::close(again);
  return false;
}

bool open_for_writing(const std::string& fdinfo) {
  std::ifstream in(fdinfo);
  std::string word;
  while (in >> word) {
    if (word != "flags:") continue;
    unsigned flags = 0;
    in >> std::oct >> flags;
    return (flags & O_ACCMODE) != O_RDONLY;
  }
  return false;
}

std::string process(const struct stat& file) {
  const std::string self = std::to_string(::getpid());
  return search("/proc", [&](const std::string& pid) -> std::string {
    if (!is_number(pid) || pid == self) return "";
    const std::string folder = "/proc/" + pid;
    return search(folder + "/fd", [&](const std::string& fd) -> std::string {
      if (!is_number(fd) || !same_file(folder + "/fd/" + fd, file)) return "";
      if (!open_for_writing(folder + "/fdinfo/" + fd)) return "";
      return fmt::format("process {} ({}) has it open for writing", pid,
                         first_line(folder + "/comm"));
    });
  });
}

/// Where a user has redirected what this program says (">> image"): then that becomes a part of it,
/// and no undo fits any more.
std::string own_output(const struct stat& file) {
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat s {};
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY || ::fstat(fd, &s) != 0) continue;
    if (s.st_dev == file.st_dev && s.st_ino == file.st_ino) {
      return "the output of this program is redirected into it";
    }
  }
  return "";
}

bool has_fcntl_lock(int fd) {
#ifdef F_OFD_GETLK
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  return ::fcntl(fd, F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
#else
  (void)fd;
  return false;
#endif
}

/// "12: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF"
bool has_flock(const struct stat& file) {
  const std::string wanted =
      fmt::format("{:02x}:{:02x}:{}", major(file.st_dev), minor(file.st_dev), file.st_ino);
  std::ifstream in("/proc/locks");
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string number, kind, advisory, access, pid, place;
    words >> number >> kind >> advisory >> access >> pid >> place;
    if (kind == "FLOCK" && place == wanted) return true;
  }
  return false;
}

/// Who writes the file, as far as it can be seen.
std::string seen_writer(int fd, const struct stat& file) {
  if (!S_ISREG(file.st_mode) || try_lease(fd, F_RDLCK) != EAGAIN) return "";
  const std::string loop = loop_device(file);
  return loop.empty() ? process(file) : loop;
}

}  // namespace

std::string other_writer(int fd) {
  struct stat file {};
  if (::fstat(fd, &file) != 0 || !S_ISREG(file.st_mode) || try_lease(fd, F_WRLCK) == 0) return "";
  if (const std::string own = own_output(file); !own.empty()) return own;
  const std::string loop = loop_device(file);
  return loop.empty() ? process(file) : loop;
}

std::string writer_beside_reader(int fd) {
  struct stat file {};
  if (::fstat(fd, &file) != 0) return "";
  if (S_ISBLK(file.st_mode))
    return is_claimed(fd) ? "it is mounted, or a part of another device" : "";
  if (!S_ISREG(file.st_mode) || try_lease(fd, F_RDLCK) != EAGAIN) return "";
  const std::string who = seen_writer(fd, file);
  return who.empty() ? "another program has it open for writing" : who;
}

std::string keeps_writers_out(int fd) {
  struct stat file {};
  if (::fstat(fd, &file) != 0) return "";
  if (S_ISBLK(file.st_mode)) return is_claimed(fd) ? "mounted or running" : "";
  if (has_fcntl_lock(fd)) return fcntl_lock_held;
  if (has_flock(file)) return flock_held;
  return seen_writer(fd, file);
}

}  // namespace goldhive
