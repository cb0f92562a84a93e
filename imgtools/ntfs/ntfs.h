// NTFS volumes, through libntfs-3g with device operations of our own: no mount, no root, no device
// node, any ByteSource. Read-only: the library is given no way to write.
//
// What is odd about it:
// - A flag of the volume decides whether names match with case. While it is clear, names match
//   without case, by the volume's own upcase table, but listings come in lower case.
// - A file compressed by "compact /exe" or Compact OS has a reparse point of the Windows Overlay
//   Filter. Its plain data stream is a hole, which would read as zeros. Such a file is an error
//   here, and so is any other whose reparse point stands for its content.
// - The library mounts a volume for reading even if it is dirty, hibernated or has an unclean log,
//   and does not say so. ntfs_state.h does.
// - libntfs-3g is GPL-2+. A build without it (GOLDHIVE_WITH_NTFS) says so when it meets a volume.
#pragma once

#include <memory>
#include <string>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/file_tree.h"

namespace goldhive {

class NtfsVolume : public FileTree {
 public:
  /// The volume's name; may be empty.
  virtual std::string label() const = 0;
  /// The flag by which Windows asks itself to run chkdsk.
  virtual bool dirty() const = 0;
  /// Opens a file of the volume itself, such as "$LogFile". open() and find() do not see those.
  virtual std::unique_ptr<ByteSource> open_metadata(const std::string& name) const = 0;
};

/// Mounts for reading. Throws Error: corrupt, io, unsupported (a build without libntfs-3g). A file
/// opened from the volume keeps the volume alive. Volume and files belong to one thread at a time.
std::shared_ptr<const NtfsVolume> mount_ntfs(std::shared_ptr<const ByteSource> volume);

}  // namespace goldhive
