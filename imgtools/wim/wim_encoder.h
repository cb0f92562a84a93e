// Compression of the chunks that a change of a WIM makes anew, by libwim's public functions for
// single blocks. libwim's readers and writers of WIM files are not used: they can neither read a
// part of a file nor change a file and keep its security descriptor.
//
// Nothing needs an encoder: a chunk may always be stored uncompressed, and is where libwim is not
// there. The decoders are our own (imgtools/codec).
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "imgtools/wim/wim_header.h"

namespace goldhive {

class WimEncoder {
 public:
  virtual ~WimEncoder() = default;
  /// Returns how many bytes of `out` it filled; 0 if the compressed bytes do not fit into `out`.
  virtual std::size_t encode(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) = 0;
};

/// `level`: 1 is the fastest, 50 is libwim's default, 100 gives the smallest result. Null in a
/// build without libwim, and where libwim is not installed.
std::unique_ptr<WimEncoder> make_wim_encoder(WimCompression compression, std::size_t chunk_size,
                                             unsigned level);

}  // namespace goldhive
