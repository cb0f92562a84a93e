// Big data ("db"): value data of more than 16344 bytes, in segments, since version 1.4. The record
// names a list of segments. Each segment cell holds 16344 bytes of data (and 4 unused bytes), the
// last one the rest. Source: msuhanov/regf, "Big data".
#pragma once

#include <cstdint>

#include "imgtools/bytes/bytes.h"
#include "src/hive/hive.h"

namespace goldhive::hive {

/// The most data that one cell holds in versions with big data.
inline constexpr std::uint32_t big_data_segment = 16344;
/// From this minor version on, longer data must be big data.
inline constexpr std::uint32_t big_data_since = 4;

/// Layout: 0 "db", 2 segment count, 4 segment list.
struct BigData {
  std::uint16_t segment_count = 0;
  CellOffset segment_list = no_cell;  ///< see parse_cell_list()
};

inline constexpr std::size_t big_data_record_size = 8;

/// Error(corrupt) if `content` is no big data record.
BigData parse_big_data(const ByteView& content);

/// The segments that data of `length` bytes takes.
constexpr std::uint32_t segments_needed(std::uint32_t length) {
  return length / big_data_segment + (length % big_data_segment != 0 ? 1 : 0);
}

}  // namespace goldhive::hive
