#include "imgtools/wim/wim_encoder.h"

#include <wimlib.h>

#include "imgtools/bytes/error.h"
#include "imgtools/host/late_library.h"

namespace goldhive {

namespace {

GOLDHIVE_LATE_LIBRARY(libwim, "libwim.so.15", "libwim15");
GOLDHIVE_LATE_FUNCTION(libwim, wimlib_compress);
GOLDHIVE_LATE_FUNCTION(libwim, wimlib_create_compressor);
GOLDHIVE_LATE_FUNCTION(libwim, wimlib_free_compressor);

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

class LibwimEncoder final : public WimEncoder {
 public:
  /// Takes the handle.
  explicit LibwimEncoder(wimlib_compressor* handle) : handle_(handle) {}
  ~LibwimEncoder() override { wimlib_free_compressor(handle_); }
  LibwimEncoder(const LibwimEncoder&) = delete;
  LibwimEncoder& operator=(const LibwimEncoder&) = delete;

  std::size_t encode(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) override {
    if (out.empty()) return 0;
    return wimlib_compress(in.data(), in.size(), out.data(), out.size(), handle_);
  }

 private:
  wimlib_compressor* handle_;
};

}  // namespace

std::unique_ptr<WimEncoder> make_wim_encoder(WimCompression compression, std::size_t chunk_size,
                                             unsigned level) {
  wimlib_compressor* handle = nullptr;
  try {
    if (wimlib_create_compressor(type_of(compression), chunk_size, level, &handle) != 0) {
      return nullptr;
    }
  } catch (const Error&) {
    return nullptr;  // libwim is not installed
  }
  return std::make_unique<LibwimEncoder>(handle);
}

}  // namespace goldhive
