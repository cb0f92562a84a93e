#include "imgtools/wim/wim_decoder.h"

#include "imgtools/bytes/error.h"
#include "imgtools/codec/lzms.h"
#include "imgtools/codec/lzx.h"
#include "imgtools/codec/xpress.h"

namespace goldhive {

std::unique_ptr<ChunkDecoder> make_wim_decoder(WimCompression compression, std::size_t chunk_size) {
  switch (compression) {
    case WimCompression::xpress:
      return make_xpress_decoder();
    case WimCompression::lzx:
      return make_lzx_decoder(chunk_size);
    case WimCompression::lzms:
      return make_lzms_decoder();
    case WimCompression::none:
      break;
  }
  throw Error(ErrorKind::unsupported, "what is not compressed has no decoder");
}

}  // namespace goldhive
