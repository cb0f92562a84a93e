// Who else works on a file that we are about to write, or to judge. Locks tell only of those who
// lock; most programs (loop mounts, ntfs-3g, VirtualBox) do not.
#pragma once

#include <string>

namespace goldhive {

/// What is said behind "is in use: " of the two kinds of locks (file_posix.cc).
inline constexpr const char* fcntl_lock_held = "another process holds a lock (fcntl) on it";
inline constexpr const char* flock_held = "another process holds a lock (flock) on it";

/// Somebody else who could write the file open as `fd`: "process 1234 (qemu-system-x86) has it open
/// for writing", "attached to the loop device loop3"; "" if nobody is known. What cannot be seen
/// (another user's processes, another machine of a network file system) is not found.
std::string other_writer(int fd);

/// The same of a file that is open as `fd` for reading alone.
std::string writer_beside_reader(int fd);

/// What keeps a writer from the file or device open as `fd` for reading: a lock, or another writer
/// who can be seen. As Storage::open_write() says it behind "is in use: "; "" if nothing is known.
std::string keeps_writers_out(int fd);

}  // namespace goldhive
