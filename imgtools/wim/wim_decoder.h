// The decoder for a compression of WIM.
#pragma once

#include <memory>

#include "imgtools/codec/chunk_decoder.h"
#include "imgtools/wim/wim_header.h"

namespace goldhive {

/// `chunk_size` is one that is_wim_chunk_size() allows. Throws Error(unsupported) for
/// WimCompression::none.
std::unique_ptr<ChunkDecoder> make_wim_decoder(WimCompression compression, std::size_t chunk_size);

}  // namespace goldhive
