// Which chunks lie in tests/imgtools/codec/samples. A hidden test makes them anew, by libwim at its
// default level:
//
//   codec_tests '[make-samples]'
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "imgtools/codec/lzms.h"
#include "imgtools/codec/lzx.h"
#include "imgtools/codec/xpress.h"

namespace goldhive::testing {

/// `codec`: "XPRESS", "LZX" or "LZMS".
inline std::unique_ptr<ChunkDecoder> make_decoder(const std::string& codec,
                                                  std::size_t chunk_size) {
  if (codec == "XPRESS") return make_xpress_decoder();
  return codec == "LZX" ? make_lzx_decoder(chunk_size) : make_lzms_decoder();
}

struct Sample {
  std::string codec;
  std::size_t chunk_size;
  std::string corpus;
  std::size_t size;

  std::string file() const {
    return "tests/imgtools/codec/samples/" + codec + "-" + corpus + "-" + std::to_string(size);
  }
};

inline std::vector<Sample> samples() {
  return {{"XPRESS", 4096, "text", 4096},      {"XPRESS", 65536, "mixed", 30'000},
          {"XPRESS", 32768, "runs", 32768},    {"XPRESS", 8192, "text", 8192},
          {"XPRESS", 16384, "mixed", 16384},   {"LZX", 32768, "mixed", 30'000},
          {"LZX", 32768, "code", 32768},       {"LZX", 2 << 20, "cells", 200'000},
          {"LZMS", 131072, "mixed", 60'000},   {"LZMS", 131072, "code", 32768},
          {"LZMS", 1 << 26, "tables", 120'000}};
}

}  // namespace goldhive::testing
