#include "tests/imgtools/codec/decoding.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace goldhive::testing {

Decoded decode(ChunkDecoder& decoder, std::span<const std::uint8_t> chunk, std::size_t size) {
  constexpr std::size_t margin = 64;
  constexpr std::uint8_t mark = 0xa5;
  Bytes buffer(size + 2 * margin, mark);
  const std::span<std::uint8_t> all(buffer);
  // Without room to spare, so that a sanitizer sees what is read beyond its ends.
  const Bytes exact(chunk.begin(), chunk.end());
  Decoded decoded;
  decoded.fault = decoder.decode(exact, all.subspan(margin, size));
  const auto unchanged = [](std::span<const std::uint8_t> bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == mark; });
  };
  CHECK(unchanged(all.first(margin)));
  CHECK(unchanged(all.last(margin)));
  decoded.content.assign(buffer.begin() + margin,
                         buffer.begin() + static_cast<std::ptrdiff_t>(margin + size));
  return decoded;
}

}  // namespace goldhive::testing
