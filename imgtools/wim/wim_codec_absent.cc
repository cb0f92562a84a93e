// Stands in for wim_codec.cc in a build without libwim.
#include "imgtools/bytes/error.h"
#include "imgtools/wim/wim_codec.h"

namespace goldhive {

std::unique_ptr<WimCompressor> make_wim_compressor(WimCompression, std::size_t, unsigned) {
  return nullptr;
}

std::unique_ptr<WimDecompressor> make_wim_decompressor(WimCompression compression, std::size_t) {
  throw Error(
      ErrorKind::unsupported,
      std::string("this build cannot read a WIM compressed with ") + to_string(compression) +
          " (it was made without libwim): mount the image (by DISM, wimlib-imagex) and give "
          "its folder");
}

}  // namespace goldhive
