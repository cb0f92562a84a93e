#include "tests/imgtools/codec/libwim_codec.h"

#include <wimlib.h>

#include <stdexcept>

namespace goldhive::testing {

struct LibwimCodec::Handles {
  wimlib_compressor* compressor = nullptr;
  wimlib_decompressor* decompressor = nullptr;
  ~Handles() {
    wimlib_free_compressor(compressor);
    wimlib_free_decompressor(decompressor);
  }
};

LibwimCodec::LibwimCodec(const std::string& codec, std::size_t chunk_size, unsigned level)
    : handles_(std::make_unique<Handles>()) {
  const auto type = codec == "XPRESS" ? WIMLIB_COMPRESSION_TYPE_XPRESS
                    : codec == "LZX"  ? WIMLIB_COMPRESSION_TYPE_LZX
                                      : WIMLIB_COMPRESSION_TYPE_LZMS;
  if (wimlib_create_compressor(type, chunk_size, level, &handles_->compressor) != 0 ||
      wimlib_create_decompressor(type, chunk_size, &handles_->decompressor) != 0) {
    throw std::runtime_error("libwim refuses " + codec);
  }
}

LibwimCodec::~LibwimCodec() = default;

Bytes LibwimCodec::pack(std::span<const std::uint8_t> content) {
  Bytes out(content.size());
  if (content.size() < 2) return {};
  out.resize(wimlib_compress(content.data(), content.size(), out.data(), out.size() - 1,
                             handles_->compressor));
  return out;
}

bool LibwimCodec::unpack(std::span<const std::uint8_t> chunk, std::span<std::uint8_t> out) {
  return wimlib_decompress(chunk.data(), chunk.size(), out.data(), out.size(),
                           handles_->decompressor) == 0;
}

}  // namespace goldhive::testing
