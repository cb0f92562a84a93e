// What a packed file says of how it was packed, and the marks of a cpio.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

/// "gz", "bz2", "xz" or "zst" by the first bytes; "" if `head` is none of these.
std::string packing_of(std::span<const std::uint8_t> head);
std::string packing_of(const ByteSource& file);

/// True if `head` begins with a header of a cpio: "070701", "070702", "070707", or the old binary
/// form in either order of bytes.
bool starts_like_cpio(std::span<const std::uint8_t> head);

/// The level, 0 to 9, as far as the file tells it. gzip tells only whether it was the best or the
/// fastest, bzip2 tells it exactly, xz by the size of its dictionary. zstd does not tell it: other
/// options set its windows, too.
std::optional<int> packing_level(const ByteSource& file);

/// Zeros may follow packed bytes: tapes are written in records, and disks end where they end. A
/// file that says it has more of them than this could be of any length and cost nothing to make.
inline constexpr std::uint64_t longest_fill = 64 << 20;
/// What is said of a file with more.
inline constexpr const char* too_much_fill =
    "more than 64 MiB of zeros follow the compressed data: cut the file off there";

/// True of a zstd file whose (first) frame ends in a checksum of its content.
bool zstd_has_checksum(const ByteSource& file);

}  // namespace goldhive
