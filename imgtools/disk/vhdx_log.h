// The log of a VHDX ([MS-VHDX] 2.3): what must be done to the file before anything but its headers
// may be read from it. A scan does it in memory.
//
// The log is a ring of entries of whole 4 KiB sectors. An entry lists 4 KiB sectors to write and
// ranges to zero. Sequence numbers tell which entries count: the active sequence is the run of
// consecutive valid entries with the highest last number, provided that its last entry (the head)
// says that the sequence starts (its "tail") inside that run. The entries of the run from the tail
// on are replayed.
//
// In a data sector the first 8 and last 4 bytes are replaced by a signature and the entry's number,
// so that a torn write shows; the descriptor holds the replaced bytes.
//
// What is odd about it: qemu, if killed at a certain moment, leaves a log GUID with no valid entry.
// By the specification such a file is corrupt. qemu opens it, and rightly: nothing was logged yet.
// It is read here with a note, and not written.
#pragma once

#include <cstdint>
#include <memory>

#include "imgtools/bytes/overlay_source.h"
#include "imgtools/disk/vhdx_format.h"

namespace goldhive {

struct VhdxReplay {
  /// The file as it is after the replay; null if no entry is valid.
  std::unique_ptr<OverlaySource> file;
  std::uint64_t entries = 0;  ///< how many were replayed
};

/// `header.log_guid` must not be zero. Throws Error(corrupt) if the file is shorter than the log
/// says it was, or if the log asks for a size that no file can have.
VhdxReplay replay_vhdx_log(const std::shared_ptr<const ByteSource>& file, const VhdxHeader& header);

}  // namespace goldhive
