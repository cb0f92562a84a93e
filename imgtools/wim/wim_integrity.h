// The integrity table of a WIM: SHA-1 of each piece (10 MiB as a rule) of what lies between the
// header and the end of the blob table. Optional, and only checked where it is asked for, since
// that reads the whole file.
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

/// Bytes of a table about so many bytes.
std::uint64_t wim_integrity_size(std::uint64_t checked, std::uint32_t piece_size);

/// The table of what is added piece by piece.
class WimIntegritySums {
 public:
  explicit WimIntegritySums(std::uint32_t piece_size) { made_.piece_size = piece_size; }
  /// Goes on behind the pieces of `start`.
  explicit WimIntegritySums(WimIntegrity start) : made_(std::move(start)) {}
  void add(std::span<const std::uint8_t> bytes);
  /// As it is to be stored. Call it once, last.
  Bytes table();

 private:
  WimIntegrity made_;
  std::optional<Sha1> sum_;
  std::uint64_t in_piece_ = 0;
};

/// The table for `file` once `appended` stands behind it and the blob table is in there, at
/// `blob_table`.
/// Sums of pieces that do not change are taken over from the old table, so that damage in them
/// still shows.
Bytes extend_wim_integrity(const ByteSource& file, const WimHeader& header,
                           std::span<const Bytes> appended, const WimResource& blob_table);

/// The number of pieces, all of which are right. Throws Error(corrupt) with the place of the first
/// that is not.
std::size_t check_wim_integrity(const ByteSource& file, const WimHeader& header);

}  // namespace goldhive
