// XPRESS: LZ77 matches and one Huffman code for literals and matches. The quickest of the
// compressions of WIM; also that of files which Windows 10 keeps packed on NTFS (WOF: XPRESS4K, 8K,
// 16K).
//
//   0    256 bytes: the codeword lengths of 512 symbols, 4 bits each, the lower half of a byte
//   first 256  bits in units of 16: symbols, each match followed by the rest of its offset
//
// Symbols 0 to 255 are literals. Of a match the four high bits say how many bits its offset has
// behind the highest one, the four low bits its length minus 3.
//
// What is odd about it:
// - A length of 15 or more goes on in a whole byte, and that, if 255, in two more, which hold all
// of it.
//   These lie among the units, behind those that a reader has taken by then who keeps 16 to 31 bits
//   ready.
// - Symbol 256 is the end of content for other users of the format. In a WIM the size of the
// content is
//   known, so here it is what its bits say: a match of length 3 and offset 1.
// - Windows' own description has one code for each 64 KiB of content. A chunk of a WIM is never
// larger.
//
// Source: Microsoft, [MS-XCA], "LZ77+Huffman Decompression Algorithm Details"; chunk sizes and the
// end of content as in the documentation of wimlib.
#pragma once

#include <memory>

#include "imgtools/codec/chunk_decoder.h"

namespace goldhive {

/// For chunks of any size up to 64 KiB.
std::unique_ptr<ChunkDecoder> make_xpress_decoder();

}  // namespace goldhive
