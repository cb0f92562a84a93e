#include "imgtools/bytes/large_buffer.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/resident_source.h"

using namespace goldhive;

namespace {

Bytes numbers(std::size_t count) {
  Bytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  return bytes;
}

}  // namespace

TEST_CASE("a large buffer keeps what it holds when it grows, with zeros behind") {
  // Below a large page, at its edge, and so far that the buffer has to move.
  for (const std::size_t size : {std::size_t{0}, std::size_t{5000}, std::size_t{2} << 20}) {
    for (const std::size_t more : {std::size_t{0}, std::size_t{4096}, std::size_t{5} << 20}) {
      const Bytes content = numbers(size);
      LargeBuffer buffer(MemorySource(content, "m"), 0, size);
      CHECK(std::equal(content.begin(), content.end(), buffer.data()));
      buffer.grow(size + more);
      REQUIRE(buffer.size() == size + more);
      CHECK(std::equal(content.begin(), content.end(), buffer.data()));
      CHECK(std::count(buffer.data() + size, buffer.data() + size + more, 0) ==
            static_cast<std::ptrdiff_t>(more));
    }
  }
}

TEST_CASE("a large buffer takes a part of a source and nothing beyond its end") {
  const MemorySource source(numbers(10000), "m");
  const LargeBuffer buffer(source, 4096, 100);
  const auto part = source.in_memory().subspan(4096, 100);
  CHECK(std::equal(part.begin(), part.end(), buffer.data()));
  CHECK_THROWS_AS(LargeBuffer(source, 4096, 9999), Error);
  CHECK_THROWS_AS(LargeBuffer(source, 10001, 0), Error);
}

TEST_CASE("a resident source is changed in place, grows, and refuses what lies beyond its end") {
  ResidentSource source(MemorySource(numbers(5000), "SOFTWARE"));
  CHECK(source.name() == "SOFTWARE");
  CHECK(source.in_memory().size() == 5000);
  source.write(4998, Bytes{1, 2});
  CHECK(source.read(4997, 3) == Bytes{numbers(5000)[4997], 1, 2});
  CHECK_THROWS_AS(source.write(4999, Bytes({1, 2})), Error);
  CHECK_THROWS_AS(source.grow(4999), Error);
  source.grow(9000);
  CHECK(source.size() == 9000);
  CHECK(source.read(4998, 4) == Bytes{1, 2, 0, 0});
}
