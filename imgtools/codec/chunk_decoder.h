// What the decoders of this room have in common: a chunk, compressed by itself, becomes content
// whose size is known beforehand.
//
// Whatever the bytes are, a decoder reads only the chunk, writes only the content, asks for no
// memory and ends after work in proportion to the content. What it does not judge:
// - Bytes of the chunk that are left over when the content is full: encoders pad.
// - Whether the content is right. No chunk has a checksum; whoever holds a digest compares it.
#pragma once

#include <cstdint>
#include <span>

namespace goldhive {

/// Why a chunk cannot be decoded.
enum class ChunkFault {
  none,                 ///< it was decoded
  bad_size,             ///< no chunk of this compression can have so many bytes
  cut_off,              ///< it ends before its content is full
  bad_block_type,       ///< LZX
  bad_block_size,       ///< LZX: 0, or more than is left of the content
  bad_recent_offset,    ///< LZX: a recent match offset is 0
  bad_lengths,          ///< LZX: a run of codeword lengths goes beyond its code
  oversubscribed_code,  ///< more codewords than their lengths leave room for
  incomplete_code,      ///< some bits are no codeword
  empty_code,           ///< a code without symbols is used
  match_before_start,   ///< a match repeats what lies before the content
  match_beyond_end,     ///< a match is longer than what is left of the content, or of its block
};

/// For a message: "a match reaches back beyond the start".
const char* to_string(ChunkFault fault);

/// One for each compression and chunk size. It can be reused, by one thread at a time.
class ChunkDecoder {
 public:
  virtual ~ChunkDecoder() = default;
  /// Fills `out` from `in`. After a fault `out` holds anything.
  [[nodiscard]] virtual ChunkFault decode(std::span<const std::uint8_t> in,
                                          std::span<std::uint8_t> out) = 0;
};

}  // namespace goldhive
