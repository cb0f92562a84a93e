// LZX, as WIM has it: the compression of install.wim on the media of Windows, and of files which
// Windows 10 keeps packed on NTFS (WOF: LZX).
//
// A chunk is blocks of bits in units of 16, until its content is full:
//
//   3 bits     type: 1 verbatim, 2 aligned, 3 uncompressed
//   1 bit      1: the block has 32768 bytes of content; 0: 16 bits say how many, in chunks of 64
//   KiB
//              or more 24
//   type 2     8 times 3 bits: codeword lengths of the aligned code
//   type 1, 2  codeword lengths of the main code (256 literals, then the matches), then of the
//   length
//              code (249 symbols); then symbols
//   type 3     padding to a unit, three recent offsets of 32 bits, content; a byte if its size is
//   odd
//
// A match of the main code is 8 * slot + length - 2; 7 there means that a symbol of the length code
// goes on. Slots 0 to 2 are the offsets used last, the others a range of offsets, of which further
// bits tell the one; in an aligned block the lowest three of at least three bits are a symbol of
// their own.
//
// What is odd about it:
// - Codeword lengths are differences to those of the block before, modulo 17, and are packed by a
// code
//   of their own.
// - Padding before uncompressed content is a whole unit where nothing needs padding.
// - The lengths of literals and those of matches of the main code come one after the other, each
// packed
//   for itself: no run of equal lengths goes on from the former to the latter.
// - After decoding, every byte 0xe8 that is not among the last 10 is taken for a call instruction
// of
//   x86, whose target was made absolute: also in text. The file size that takes part in this is
//   always 12,000,000, and unlike in CAB files no header says that it was done.
// - A chunk is a window of its own: nothing repeats what is in another one.
//
// Source: Microsoft, [MS-PATCH], "LZX DELTA Compression and Decompression"; the differences of WIM
// (block size bit, chunk = window, file size) as in the documentation of wimlib.
#pragma once

#include <cstddef>
#include <memory>

#include "imgtools/codec/chunk_decoder.h"

namespace goldhive {

/// For chunks of `chunk_size`, a power of two from 32 KiB to 2 MiB, and shorter last ones.
std::unique_ptr<ChunkDecoder> make_lzx_decoder(std::size_t chunk_size);

}  // namespace goldhive
