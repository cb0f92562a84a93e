// What the fuzz targets of the codecs do with a chunk.
#pragma once

#include <cstdlib>

#include "imgtools/bytes/bytes.h"
#include "imgtools/codec/chunk_decoder.h"

namespace goldhive::fuzz {

/// Decodes to `size` bytes by a decoder that has seen other chunks and by a new one: the first must
/// have kept nothing of those.
inline void decode_twice(ChunkDecoder& used, ChunkDecoder& unused,
                         std::span<const std::uint8_t> chunk, std::size_t size) {
  // Without room to spare, so that a sanitizer sees what is read or written beyond the ends.
  const Bytes in(chunk.begin(), chunk.end());
  Bytes first(size);
  Bytes second(size);
  const ChunkFault fault = used.decode(in, first);
  if (unused.decode(in, second) != fault) std::abort();
  if (fault == ChunkFault::none && first != second) std::abort();
}

}  // namespace goldhive::fuzz
