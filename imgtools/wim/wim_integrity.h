// The integrity table of a WIM: the SHA-1 of each piece (10 MiB as a rule) of all that lies between
// the header and the end of the blob table. It is optional, and checked only on request, since a
// check reads the whole file.
//
//   0  u32 size of the table   4  u32 pieces   8  u32 bytes of a piece   12  20 bytes for each
//
// Source: as for wim_header.h.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "imgtools/bytes/digest.h"
#include "imgtools/wim/wim_header.h"

namespace goldhive {

struct WimIntegrity {
  std::uint32_t piece_size = 0;
  std::vector<Sha1Digest> pieces;
};

/// The table of `file`; the header says that there is one. Throws Error(corrupt).
WimIntegrity read_wim_integrity(const ByteSource& file, const WimHeader& header);

/// The size of a table that covers `checked` bytes.
std::uint64_t wim_integrity_size(std::uint64_t checked, std::uint32_t piece_size);

/// Makes a table of bytes that are added piece by piece.
class WimIntegritySums {
 public:
  explicit WimIntegritySums(std::uint32_t piece_size) { made_.piece_size = piece_size; }
  /// Goes on after the pieces of `start`.
  explicit WimIntegritySums(WimIntegrity start) : made_(std::move(start)) {}
  void add(std::span<const std::uint8_t> bytes);
  /// The table as it is to be stored. To be called once, after the last add().
  Bytes table();

 private:
  WimIntegrity made_;
  std::optional<Sha1> sum_;
  std::uint64_t in_piece_ = 0;
};

/// The table for `file` once `appended` stands behind it, with the blob table in there, at
/// `blob_table`. The sums of pieces that do not change are copied from the old table, so that
/// damage in those pieces still shows.
Bytes extend_wim_integrity(const ByteSource& file, const WimHeader& header,
                           std::span<const Bytes> appended, const WimResource& blob_table);

/// The number of pieces, if all are right; else throws Error(corrupt) with the place of the first
/// wrong one.
std::size_t check_wim_integrity(const ByteSource& file, const WimHeader& header);

}  // namespace goldhive
