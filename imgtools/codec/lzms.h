// LZMS: the compression of ESD files, in chunks of up to 64 MiB. The slowest and smallest.
//
// A chunk is two streams over the same bytes, in units of 16 bits: from its start a range coder,
// from its end, backwards, bits. The range coder tells what comes next, by one decision after the
// other:
//
//   main 0: a literal               main 1, match 0: an LZ match        main 1, match 1: a delta
//   match LZ 0: an offset of its own      1, 0: the offset used last          1, 1, 0: the one
//   before, 1, 1, 1: ... delta 0: power and offset       as LZ
//
// The bits hold symbols of five Huffman codes (literals, LZ offsets, lengths, delta powers, delta
// offsets) and the bits behind a symbol that tell one offset or length of a range.
//
// What is odd about it:
// - Nothing in the chunk says what its codes are. They start with all symbols alike and are made
// anew
//   from how often each symbol came, after 1024 or 512 symbols (lzms_code.h): the decoder must
//   build the same codes as the encoder, with ties and too long codewords settled in the same way.
// - Each decision has its probability from the last 64 decisions made after the same few before it.
// - A delta match repeats differences: with the bytes at a distance of 1 << power, so that tables
// of
//   numbers which grow evenly are matches.
// - The match just before is not among the offsets used last: it would have been longer.
// - How many offset symbols there are depends on the size of the content, not on the chunk size.
// - x86 machine code was changed before packing, wherever something looked like it (lzms_x86.h).
//
// Source: no description by Microsoft is known. The format is described in the comments of wimlib.
#pragma once

#include <memory>

#include "imgtools/codec/chunk_decoder.h"

namespace goldhive {

/// For chunks of up to 64 MiB.
std::unique_ptr<ChunkDecoder> make_lzms_decoder();

}  // namespace goldhive
