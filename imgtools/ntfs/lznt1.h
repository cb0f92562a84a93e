// LZNT1, by which NTFS compresses files: an LZ77 of 4096-byte chunks without an entropy code.
//
// A chunk has a header of two bytes: its length less one in the low 12 bits, 3 in the next three,
// and in the highest bit whether it is compressed. A header of 0 ends the data. A compressed chunk
// is groups of eight items behind a byte of flags, lowest bit first: 0 a byte as it is, 1 a pair of
// bytes that names what came before it in the chunk, by its distance and its length.
//
// What is odd about it:
// - How the 16 bits of a pair are shared between distance and length depends on how much of the
//   chunk is there: the distance has the fewest bits that reach back to the chunk's start, but at
//   least four.
// - The bytes that a pair names may run into those that it makes: that is how runs are packed.
// - A chunk may make less than 4096 bytes; the rest of them are zeros.
//
// Source: Microsoft, [MS-XCA] 2.5, "LZNT1 Algorithm Details".
#pragma once

#include <cstdint>
#include <span>

#include "imgtools/bytes/bytes.h"

namespace goldhive::ntfs {

/// Fills all of `out`, with zeros behind the end of the data. Throws Error(corrupt).
void decompress_lznt1(const ByteView& packed, std::span<std::uint8_t> out);

}  // namespace goldhive::ntfs
