#include "imgtools/ntfs/lznt1.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/ntfs/corrupt.h"

namespace goldhive::ntfs {

namespace {

constexpr std::size_t chunk_size = 4096;

/// How many of a pair's 16 bits are the length, if `made` bytes of the chunk are there.
unsigned length_bits(std::size_t made) {
  unsigned bits = 12;
  for (std::size_t reach = made - 1; reach >= 16; reach /= 2) --bits;
  return bits;
}

/// Copies what a pair names to out[made...]; returns its length.
std::size_t copy_pair(const ByteView& packed, std::size_t at, std::span<std::uint8_t> out,
                      std::size_t made) {
  if (made == 0) throw corrupt(packed, at, "compressed data begin with a pair");
  const unsigned pair = packed.u16(at);
  const unsigned bits = length_bits(made);
  const std::size_t distance = (pair >> bits) + 1;
  const std::size_t length = (pair & ((1U << bits) - 1)) + 3;
  if (distance > made || length > out.size() - made) {
    throw corrupt(packed, at, "a pair of compressed data leads out of its chunk",
                  fmt::format("at most {} back and {} long", made, out.size() - made),
                  fmt::format("{} back, {} long", distance, length));
  }
  for (std::size_t i = 0; i < length; ++i) out[made + i] = out[made + i - distance];
  return length;
}

/// Returns how many bytes the chunk made.
std::size_t unpack_chunk(const ByteView& packed, std::span<std::uint8_t> out) {
  std::size_t made = 0;
  for (std::size_t at = 0; at < packed.size();) {
    const unsigned flags = packed.u8(at++);
    for (unsigned item = 0; item < 8 && at < packed.size(); ++item) {
      if ((flags >> item & 1) != 0) {
        made += copy_pair(packed, at, out, made);
        at += 2;
      } else if (made < out.size()) {
        out[made++] = packed.u8(at++);
      } else {
        throw corrupt(packed, at, "compressed data make more bytes than a chunk has",
                      fmt::to_string(out.size()));
      }
    }
  }
  return made;
}

}  // namespace

void decompress_lznt1(const ByteView& packed, std::span<std::uint8_t> out) {
  constexpr std::size_t header_size = 2;
  constexpr std::uint16_t compressed = 0x8000;
  for (std::size_t at = 0; !out.empty();) {
    const std::uint16_t header = at + header_size <= packed.size() ? packed.u16(at) : 0;
    if (header == 0) break;
    const ByteView chunk = packed.slice(at + header_size, (header & 0xfffU) + std::size_t{1});
    const std::span room = out.first(std::min(chunk_size, out.size()));
    std::size_t made = chunk.size();
    if ((header & compressed) != 0) {
      made = unpack_chunk(chunk, room);
    } else if (made <= room.size()) {
      std::copy(chunk.span().begin(), chunk.span().end(), room.begin());
    } else {
      throw corrupt(packed, at, "more bytes are stored than a chunk has",
                    fmt::to_string(room.size()), fmt::to_string(made));
    }
    std::fill(room.begin() + static_cast<std::ptrdiff_t>(made), room.end(), std::uint8_t{0});
    out = out.subspan(room.size());
    at += header_size + chunk.size();
  }
  std::fill(out.begin(), out.end(), std::uint8_t{0});
}

}  // namespace goldhive::ntfs
