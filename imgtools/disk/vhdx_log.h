// The log of a VHDX ([MS-VHDX] 2.3): what must be done to the file before anything but its headers
// may be read from it. A scan does it in memory.
//
// The log is a ring of entries of whole 4 KiB sectors. An entry lists 4 KiB sectors to write and
// ranges to zero. Which entries count is found by their numbers: the active sequence is the run of
// consecutive valid entries with the highest last number, provided that its last entry (the head)
// says that the sequence starts (its "tail") inside that run. Of it, the entries from the tail on
// are replayed.
//
// A data sector gives up its first 8 and last 4 bytes to a signature and the entry's number, so
// that a torn write shows; those bytes stand in the descriptor.
//
// Odd: qemu, when killed at the right moment, leaves a log GUID with no valid entry. By the
// specification such a file is corrupt; qemu itself opens it, and rightly, as nothing was logged
// yet. It is read here with a note, and not written.
#pragma once

#include <cstdint>
#include <memory>

#include "imgtools/bytes/overlay_source.h"
#include "imgtools/disk/vhdx_format.h"

namespace goldhive {

struct VhdxReplay {
  /// The file as it is after the replay; null if no entry is valid.
  std::unique_ptr<OverlaySource> file;
  std::uint64_t entries = 0;  ///< replayed
};

/// `header.log_guid` is not zero. Throws Error(corrupt) if the file is shorter than the log says it
/// was, or if the log asks for what no file can do.
VhdxReplay replay_vhdx_log(const std::shared_ptr<const ByteSource>& file, const VhdxHeader& header);

}  // namespace goldhive
