#include "imgtools/codec/chunk_decoder.h"

namespace goldhive {

const char* to_string(ChunkFault fault) {
  switch (fault) {
    case ChunkFault::none:
      break;
    case ChunkFault::bad_size:
      return "a size that no such chunk has";
    case ChunkFault::cut_off:
      return "a chunk that ends too early";
    case ChunkFault::bad_block_type:
      return "an unknown type of block";
    case ChunkFault::bad_block_size:
      return "a block that is empty or reaches beyond the end";
    case ChunkFault::bad_recent_offset:
      return "a recent match offset of 0";
    case ChunkFault::bad_lengths:
      return "codeword lengths beyond the end of their code";
    case ChunkFault::oversubscribed_code:
      return "a code with too many codewords";
    case ChunkFault::incomplete_code:
      return "a code with too few codewords";
    case ChunkFault::empty_code:
      return "a symbol of a code that has none";
    case ChunkFault::match_before_start:
      return "a match that reaches back beyond the start";
    case ChunkFault::match_beyond_end:
      return "a match that reaches beyond the end";
  }
  return "nothing wrong";
}

}  // namespace goldhive
