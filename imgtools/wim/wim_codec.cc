#include "imgtools/wim/wim_codec.h"

#include <wimlib.h>

#include "imgtools/error.h"
#include "imgtools/late_library.h"

namespace goldhive {

namespace {

/// What we call of libwim, which is loaded with the first compressed WIM.
struct Libwim {
  LateLibrary library{"libwim.so.15", "libwim15"};
  decltype(wimlib_create_decompressor)* create_decompressor =
      library.function<decltype(wimlib_create_decompressor)>("wimlib_create_decompressor");
  decltype(wimlib_decompress)* decompress =
      library.function<decltype(wimlib_decompress)>("wimlib_decompress");
  decltype(wimlib_free_decompressor)* free_decompressor =
      library.function<decltype(wimlib_free_decompressor)>("wimlib_free_decompressor");
};

const Libwim& libwim() {
  static const Libwim functions;
  return functions;
}

wimlib_compression_type type_of(WimCompression compression) {
  switch (compression) {
    case WimCompression::xpress:
      return WIMLIB_COMPRESSION_TYPE_XPRESS;
    case WimCompression::lzx:
      return WIMLIB_COMPRESSION_TYPE_LZX;
    case WimCompression::lzms:
      return WIMLIB_COMPRESSION_TYPE_LZMS;
    case WimCompression::none:
      break;
  }
  return WIMLIB_COMPRESSION_TYPE_NONE;
}

class LibwimDecompressor final : public WimDecompressor {
 public:
  LibwimDecompressor(WimCompression compression, std::size_t chunk_size) {
    const int result = libwim().create_decompressor(type_of(compression), chunk_size, &handle_);
    if (result != 0) {
      throw Error(ErrorKind::unsupported,
                  std::string("libwim cannot decompress ") + to_string(compression));
    }
  }
  ~LibwimDecompressor() override { libwim().free_decompressor(handle_); }
  LibwimDecompressor(const LibwimDecompressor&) = delete;
  LibwimDecompressor& operator=(const LibwimDecompressor&) = delete;

  bool decompress(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) override {
    return libwim().decompress(in.data(), in.size(), out.data(), out.size(), handle_) == 0;
  }

 private:
  wimlib_decompressor* handle_ = nullptr;
};

}  // namespace

std::unique_ptr<WimDecompressor> make_wim_decompressor(WimCompression compression,
                                                       std::size_t chunk_size) {
  return std::make_unique<LibwimDecompressor>(compression, chunk_size);
}

}  // namespace goldhive
