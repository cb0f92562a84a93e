// The compressions of WIM: XPRESS (LZ77 and Huffman codes), LZX (as in CAB files, with changes) and
// LZMS (of Windows 8, for ESD files). They go through libwim's public functions for single blocks.
// libwim's readers and writers of WIM files are not used: they can neither read a part of a file
// nor change a file and keep its security descriptor.
//
// What is odd about it: a block is decompressed whole or not at all, and its decompressed size must
// be known beforehand. LZX undoes a transformation of x86 call instructions, so libwim needs the
// chunk size, not only the size of the block.
//
// A build without libwim (GOLDHIVE_WITH_WIM) reads WIMs that are not compressed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "imgtools/wim/wim_header.h"

namespace goldhive {

/// One for each compression and chunk size. It can be reused, by one thread at a time.
class WimDecompressor {
 public:
  virtual ~WimDecompressor() = default;
  /// Fills `out` exactly. False if `in` does not decompress to that many bytes.
  virtual bool decompress(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) = 0;
};

class WimCompressor {
 public:
  virtual ~WimCompressor() = default;
  /// Returns how many bytes of `out` it filled; 0 if the compressed bytes do not fit into `out`.
  virtual std::size_t compress(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) = 0;
};

/// `level`: 1 is the fastest, 50 is libwim's default, 100 gives the smallest result. Null in a
/// build without libwim: a chunk may always be stored uncompressed.
std::unique_ptr<WimCompressor> make_wim_compressor(WimCompression compression,
                                                   std::size_t chunk_size, unsigned level);

/// Throws Error(unsupported) in a build without libwim. `chunk_size` is one that
/// is_wim_chunk_size() allows.
std::unique_ptr<WimDecompressor> make_wim_decompressor(WimCompression compression,
                                                       std::size_t chunk_size);

}  // namespace goldhive
