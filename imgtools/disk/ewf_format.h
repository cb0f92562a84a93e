// The structures of EWF, the Expert Witness Compression Format (.E01), version 1: what EnCase, FTK
// Imager, Guymager and ewfacquire write.
//
// A disk is cut into chunks, 64 sectors most often, and these fill files, the segments: name.E01,
// name.E02, ... Each file is a header and a chain of sections; a section is a descriptor of 76
// bytes (a type, where the next one lies, its own size) and its data. The first segment says in
// "volume" (or "disk") how large the disk is, the chunks lie in "sectors", and the "table" behind
// it says where each begins. The chain ends in "next", and in the last segment in "done".
//
// What is odd about it:
// - An entry of a table is 31 bits of offset and a bit that says "deflated". Nothing says where a
//   chunk ends: it ends where the next one begins, the last one where its "sectors" ends.
// - The offsets count from a base in the table, which old versions leave 0.
// - A chunk that is not deflated is followed by its Adler-32; a deflated one has it inside.
// - "table2" repeats the table: it is there for the case that the first is damaged.
// - Sectors that could not be read when the image was made are stored as zeros, and are listed in
//   "error2".
// - Digests of the whole disk stand in "hash" (MD5) and "digest" (MD5 and SHA-1).
// - Of versions before 3 of EnCase (SMART) "volume" has 94 bytes, and a table holds its chunks.
//
// Source: J. Metz, "Expert Witness Compression Format (EWF)", libyal/libewf, documentation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "imgtools/bytes/bytes.h"

namespace goldhive {

inline constexpr std::string_view ewf_magic{"EVF\x09\x0d\x0a\xff\0", 8};
inline constexpr std::size_t ewf_header_size = 13;
inline constexpr std::size_t ewf_section_size = 76;  ///< of a descriptor
inline constexpr std::size_t ewf_table_header_size = 24;

/// RFC 1950. `data` of any length.
std::uint32_t adler32(std::span<const std::uint8_t> data);

/// The number of a segment, from 1 on. Error(corrupt).
std::uint16_t parse_ewf_header(const ByteView& header);

struct EwfSection {
  std::string type;
  std::uint64_t at = 0;    ///< of its descriptor in the segment
  std::uint64_t next = 0;  ///< of the next descriptor; `at` in the last one
  std::uint64_t data() const { return at + ewf_section_size; }
  /// Where its data end: sizes are not to be relied on, since some tools leave them 0.
  std::uint64_t end() const { return next; }
  bool is_last() const { return type == "next" || type == "done"; }
};
/// `descriptor` has ewf_section_size bytes. Error(corrupt): checksum, or the next one not behind
/// it.
EwfSection parse_ewf_section(const ByteView& descriptor);

/// "volume", "disk" or "data".
struct EwfMedia {
  std::uint64_t chunks = 0;
  std::uint64_t chunk_size = 0;  ///< bytes
  std::uint32_t sector_size = 0;
  std::uint64_t size = 0;  ///< bytes of the disk
  Bytes guid;              ///< of the set, 16 bytes; zeros if the tool makes none

  bool operator==(const EwfMedia&) const = default;
};
/// Error(corrupt): checksum, sizes that no tool writes or that contradict each other.
EwfMedia parse_ewf_media(const ByteView& data);

struct EwfTable {
  std::uint32_t entries = 0;
  std::uint64_t base = 0;  ///< added to each offset
};
/// `header` has ewf_table_header_size bytes. Error(corrupt).
EwfTable parse_ewf_table(const ByteView& header);

/// The number of sectors that "error2" lists. Error(corrupt).
std::uint64_t parse_ewf_errors(const ByteView& data);

/// The name of segment `number` (1 is the first) of the set whose first is `first`: .E02 ... .E99,
/// .EAA ... .EZZ, .FAA ... .ZZZ, in small letters if the first has them. nullopt if `first` has no
/// such name or there is none left.
std::optional<std::string> ewf_segment_path(const std::string& first, std::uint32_t number);

}  // namespace goldhive
