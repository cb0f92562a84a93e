#include "imgtools/wim/wim_codec.h"

#include <wimlib.h>

#include "imgtools/bytes/error.h"
#include "imgtools/host/late_library.h"

namespace goldhive {

namespace {

GOLDHIVE_LATE_LIBRARY(libwim, "libwim.so.15", "libwim15");
GOLDHIVE_LATE_FUNCTION(libwim, wimlib_compress);
GOLDHIVE_LATE_FUNCTION(libwim, wimlib_create_compressor);
GOLDHIVE_LATE_FUNCTION(libwim, wimlib_create_decompressor);
GOLDHIVE_LATE_FUNCTION(libwim, wimlib_decompress);
GOLDHIVE_LATE_FUNCTION(libwim, wimlib_free_compressor);
GOLDHIVE_LATE_FUNCTION(libwim, wimlib_free_decompressor);

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

class LibwimCompressor final : public WimCompressor {
 public:
  LibwimCompressor(WimCompression compression, std::size_t chunk_size, unsigned level) {
    if (wimlib_create_compressor(type_of(compression), chunk_size, level, &handle_) != 0) {
      throw Error(ErrorKind::unsupported,
                  std::string("libwim cannot compress ") + to_string(compression));
    }
  }
  ~LibwimCompressor() override { wimlib_free_compressor(handle_); }
  LibwimCompressor(const LibwimCompressor&) = delete;
  LibwimCompressor& operator=(const LibwimCompressor&) = delete;

  std::size_t compress(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) override {
    if (out.empty()) return 0;
    return wimlib_compress(in.data(), in.size(), out.data(), out.size(), handle_);
  }

 private:
  wimlib_compressor* handle_ = nullptr;
};

}  // namespace

std::unique_ptr<WimCompressor> make_wim_compressor(WimCompression compression,
                                                   std::size_t chunk_size, unsigned level) {
  return std::make_unique<LibwimCompressor>(compression, chunk_size, level);
}

std::unique_ptr<WimDecompressor> make_wim_decompressor(WimCompression compression,
                                                       std::size_t chunk_size) {
  return std::make_unique<LibwimDecompressor>(compression, chunk_size);
}

}  // namespace goldhive
