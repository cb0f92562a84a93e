// What a packed file says of how it was packed.
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

/// The level, 0 to 9, as far as the file tells it. gzip tells only whether it was the best or the
/// fastest, bzip2 tells it exactly, xz by the size of its dictionary. zstd does not tell it: other
/// options set its windows, too.
std::optional<int> packing_level(const ByteSource& file);

/// True of a zstd file whose (first) frame ends in a checksum of its content.
bool zstd_has_checksum(const ByteSource& file);

}  // namespace goldhive
