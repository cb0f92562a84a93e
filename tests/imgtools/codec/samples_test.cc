// Chunks that libwim packed, kept as files: decoded by every build on every system.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/golden.h"
#include "tests/imgtools/codec/corpora.h"
#include "tests/imgtools/codec/decoding.h"
#include "tests/imgtools/codec/samples.h"

using namespace goldhive;
using namespace goldhive::testing;

TEST_CASE("chunks that libwim packed are decoded, and cut off are not") {
  for (const Sample& sample : samples()) {
    INFO(sample.file());
    std::ifstream in(tests::source_folder() / sample.file(), std::ios::binary);
    const Bytes packed{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    REQUIRE(packed.size() > 256);
    const auto decoder = make_decoder(sample.codec, sample.chunk_size);
    const Decoded decoded = decode(*decoder, packed, sample.size);
    CHECK(decoded.fault == ChunkFault::none);
    CHECK(decoded.content == content_of(sample.corpus, sample.size));
    for (std::size_t size = 0; size < packed.size() - 4; size += packed.size() / 40) {
      const Bytes part(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size));
      const Decoded cut = decode(*decoder, part, sample.size);
      // The bits of LZMS begin at the end, so that a part of a chunk is another one.
      if (sample.codec == "LZMS") {
        CHECK(cut.content != decoded.content);
      } else {
        CHECK(cut.fault != ChunkFault::none);
      }
    }
  }
}
