// NTFS volumes: no mount, no root, no device node, any ByteSource. Read-only. The structures have a
// file each beside this one.
//
// What is odd about it:
// - Names match without case, by the volume's own upcase table; a name that is exact wins. Listings
//   have names as stored.
// - The volume's own files ($MFT, $LogFile and the others of the first records) are in no listing
//   and at no path.
// - A file compressed by "compact /exe" or Compact OS has a reparse point of the Windows Overlay
//   Filter. Its plain data stream is a hole, which would read as zeros; its content is unpacked
//   from where the filter keeps it (wof.h). Any other file whose reparse point stands for its
//   content is an error here.
// - A volume can be dirty, hibernated or have an unclean log, and its files then be out of date.
//   ntfs_state.h says so; nothing of it is repaired or replayed here.
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

/// Opens for reading. Throws Error: corrupt, io. A file opened from the volume keeps the volume
/// alive. Volume and files belong to one thread at a time.
std::shared_ptr<const NtfsVolume> mount_ntfs(const std::shared_ptr<const ByteSource>& volume);

}  // namespace goldhive
