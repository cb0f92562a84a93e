// Bins and cells: how the space after the base block is divided.
//
// A bin is a run of 4096-byte pages with a 32-byte header. The rest of it is filled with cells,
// without a gap. A cell is a 4-byte size and its content. What is odd about it:
// - The size counts the header too, is a multiple of 8, and is stored negative for a cell in use.
// - Cells name each other by their offset from the start of the bins (file offset - 4096).
// - A cell is never smaller than its content but often larger; the bytes behind the content are
//   remnants.
//
// Source: msuhanov/regf, "Hive bin" and "Cell".
//
// The parse functions of all structures take a cell's content, without the size, as a ByteView
// whose origin is the absolute file offset of that content.
#pragma once

#include <cstdint>
#include <vector>

#include "imgtools/bytes/bytes.h"
#include "src/hive/base_block.h"
#include "src/hive/hive.h"

namespace goldhive::hive {

inline constexpr std::uint32_t bin_header_size = 32;
inline constexpr std::uint32_t cell_header_size = 4;
inline constexpr std::uint32_t cell_alignment = 8;

/// Where a cell's header lies in the file.
constexpr std::uint64_t file_offset(CellOffset cell) {
  return std::uint64_t{base_block_size} + cell;
}

/// Layout: 0 "hbin", 4 own offset from the start of the bins, 8 size, 12 reserved (8 bytes),
/// 20 timestamp, 28 spare.
struct BinHeader {
  std::uint32_t offset = 0;  ///< from the start of the bins, as stated
  std::uint32_t size = 0;    ///< bytes, header included
  FileTime timestamp = 0;    ///< of the last flush; only the first bin has a true one
  std::uint32_t spare = 0;
};

/// Checks the signature, that the bin states its own offset (`view.origin()`), and that its size is
/// a multiple of 4096 and not 0. Whether it fits into the file is for the caller to check.
BinHeader parse_bin_header(const ByteView& view);

struct CellHeader {
  std::uint32_t size = 0;  ///< bytes, header included; never below 8
  bool in_use = false;
  std::uint32_t content_size() const { return size - cell_header_size; }
};

/// Throws the error of parse_cell_header() for this size.
[[noreturn]] void bad_cell_size(const ByteView& view, std::int64_t size);

/// Checks that the size is a multiple of 8 and not 0. It is inline, since a check of a whole hive
/// calls it millions of times.
inline CellHeader parse_cell_header(const ByteView& view) {
  const std::int64_t raw = view.i32(0);
  const std::int64_t size = raw < 0 ? -raw : raw;
  if (size == 0 || size % cell_alignment != 0) bad_cell_size(view, size);
  return CellHeader{static_cast<std::uint32_t>(size), raw < 0};
}

/// Checks a content that is only an array of cell offsets: a value list, or the segment list of big
/// data. Error(corrupt) if `count` offsets do not fit; `what` names the list there.
void require_cell_list(const ByteView& content, std::uint32_t count, const char* what);
/// As require_cell_list(), and returns the offsets.
std::vector<CellOffset> parse_cell_list(const ByteView& content, std::uint32_t count,
                                        const char* what);

/// Throws the error of require_signature().
[[noreturn]] void wrong_signature(const ByteView& content, const char* signature, const char* what);

/// Throws Error(corrupt) unless `content` begins with the two characters of `signature`.
inline void require_signature(const ByteView& content, const char* signature, const char* what) {
  if (content.u16(0) !=
      (static_cast<unsigned char>(signature[0]) | static_cast<unsigned char>(signature[1]) << 8)) {
    wrong_signature(content, signature, what);
  }
}

}  // namespace goldhive::hive
