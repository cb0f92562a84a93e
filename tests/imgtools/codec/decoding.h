// What tests do with a decoder.
#pragma once

#include <span>

#include "imgtools/bytes/bytes.h"
#include "imgtools/codec/chunk_decoder.h"

namespace goldhive::testing {

struct Decoded {
  ChunkFault fault = ChunkFault::none;
  Bytes content;
};

/// Decodes into `size` bytes with others around them, and fails if one of those was changed.
Decoded decode(ChunkDecoder& decoder, std::span<const std::uint8_t> chunk, std::size_t size);

}  // namespace goldhive::testing
