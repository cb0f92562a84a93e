// libwim's encoders and decoders: the judge of ours.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "imgtools/bytes/bytes.h"

namespace goldhive::testing {

class LibwimCodec {
 public:
  /// `codec` as for make_decoder(); `level` from 1 to 100.
  LibwimCodec(const std::string& codec, std::size_t chunk_size, unsigned level);
  ~LibwimCodec();
  LibwimCodec(const LibwimCodec&) = delete;
  LibwimCodec& operator=(const LibwimCodec&) = delete;

  /// Empty if the bytes cannot be made fewer.
  Bytes pack(std::span<const std::uint8_t> content);
  /// Fills `out`; false if it cannot.
  bool unpack(std::span<const std::uint8_t> chunk, std::span<std::uint8_t> out);

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

}  // namespace goldhive::testing
