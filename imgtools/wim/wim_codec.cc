#include "imgtools/wim/wim_codec.h"

#include <wimlib.h>

#include "imgtools/error.h"

namespace goldhive {

namespace {

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
    const int result = wimlib_create_decompressor(type_of(compression), chunk_size, &handle_);
    if (result != 0) {
      throw Error(ErrorKind::unsupported,
                  std::string("libwim cannot decompress ") + to_string(compression));
    }
  }
  ~LibwimDecompressor() override { wimlib_free_decompressor(handle_); }
  LibwimDecompressor(const LibwimDecompressor&) = delete;
  LibwimDecompressor& operator=(const LibwimDecompressor&) = delete;

  bool decompress(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) override {
    return wimlib_decompress(in.data(), in.size(), out.data(), out.size(), handle_) == 0;
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
