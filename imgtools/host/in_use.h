// Who else works on a file that we are about to write, or to judge. Locks tell only of those who
// lock; most programs (loop mounts, ntfs-3g, VirtualBox) do not.
#pragma once

#include <string>

namespace goldhive {

/// Somebody else who could write the file open as `fd`: "process 1234 (qemu-system-x86) has it open
/// for writing", "attached to the loop device loop3"; "" if nobody is known. What cannot be seen
/// (another user's processes, another machine of a network file system) is not found.
std::string other_writer(int fd);

/// The same of a file that is open as `fd` for reading alone.
std::string writer_beside_reader(int fd);

}  // namespace goldhive
