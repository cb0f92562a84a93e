// The compressions of WIM: XPRESS (LZ77 and Huffman codes), LZX (as in CAB files, with changes) and
// LZMS (of Windows 8, for ESD files). Through libwim's public functions for single blocks; its
// readers and writers of WIM files are not used, because they know neither a part of a file nor a
// change of a file that keeps its security descriptor.
//
// What is odd about it: a block is given out whole or not at all, and its decompressed size must be
// known beforehand. LZX undoes a transformation of x86 call instructions, so libwim is given the
// chunk size, not only the size of the block.
//
// A build without libwim (GOLDHIVE_WITH_WIM) reads WIMs that are not compressed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "imgtools/wim/wim_header.h"

namespace goldhive {

/// One for each compression and chunk size; may be used again and again, by one thread at a time.
class WimDecompressor {
 public:
  virtual ~WimDecompressor() = default;
  /// Fills `out` exactly; false if `in` is not that many bytes, compressed.
  virtual bool decompress(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) = 0;
};

class WimCompressor {
 public:
  virtual ~WimCompressor() = default;
  /// The bytes of `out` that it filled; 0 if `in` does not fit into `out`, compressed.
  virtual std::size_t compress(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) = 0;
};

/// `level`: 1 is the fastest, 50 what libwim takes by itself, 100 the smallest. Null in a build
/// without libwim: a chunk may always be stored as it is.
std::unique_ptr<WimCompressor> make_wim_compressor(WimCompression compression,
                                                   std::size_t chunk_size, unsigned level);

/// Throws Error(unsupported) in a build without libwim. `chunk_size` is one that
/// is_wim_chunk_size() allows.
std::unique_ptr<WimDecompressor> make_wim_decompressor(WimCompression compression,
                                                       std::size_t chunk_size);

}  // namespace goldhive
