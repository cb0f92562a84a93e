// What a packed file says of how it was packed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

/// "gz", "bz2", "xz", "zst", or "" for what is none of these: by the first bytes.
std::string packing_of(std::span<const std::uint8_t> head);
std::string packing_of(const ByteSource& file);

/// The level, 0 to 9, as far as the file tells it: gzip only whether it was the best or the
/// fastest, bzip2 exactly, xz by the size of its dictionary, zstd (whose windows are set by other
/// options, too) not at all.
std::optional<int> packing_level(const ByteSource& file);

/// True of a zstd file whose (first) frame ends in a checksum of its content.
bool zstd_has_checksum(const ByteSource& file);

}  // namespace goldhive
