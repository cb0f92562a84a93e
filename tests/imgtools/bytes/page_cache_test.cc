#include "imgtools/bytes/page_cache.h"

#include <catch2/catch.hpp>

#include <algorithm>

#include "imgtools/bytes/error.h"

using namespace goldhive;

namespace {

std::shared_ptr<const MemorySource> numbered(std::size_t size) {
  Bytes data(size);
  for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<std::uint8_t>(i * 7 + i / 4096);
  return std::make_shared<MemorySource>(std::move(data), "s");
}

}  // namespace

TEST_CASE("the page cache gives the bytes of its source wherever a read starts and ends") {
  const auto source = numbered(5 * 4096 + 100);
  const PageCache cache(source);
  for (const std::size_t offset : {0u, 1u, 4095u, 4096u, 8000u, 20479u, 20480u, 20579u, 20580u}) {
    for (const std::size_t length : {0u, 1u, 4096u, 4097u, 12000u, 20580u}) {
      if (offset + length > source->size()) continue;
      Bytes out(length);
      cache.read(offset, out);
      CHECK(out == Bytes(source->data().begin() + static_cast<std::ptrdiff_t>(offset),
                         source->data().begin() + static_cast<std::ptrdiff_t>(offset + length)));
    }
  }
  Bytes out(2);
  CHECK_THROWS_AS(cache.read(source->size() - 1, out), Error);
  CHECK_THROWS_AS(cache.read(~0ULL, out), Error);
}

TEST_CASE("the page cache reads a page once and neighbouring pages together") {
  const auto source = numbered(300 * 4096);
  const PageCache cache(source);
  Bytes small(8);
  cache.read(100, small);
  cache.read(200, small);
  CHECK(source->stats().reads == 1);
  Bytes across(4096 * 2);
  cache.read(4090, across);
  CHECK(source->stats().reads == 2);
  CHECK(source->stats().bytes == 3 * 4096);
  // Pages 0, 128 and 256 share two places: the third takes that of the one used before the other.
  cache.read(128 * 4096, small);
  cache.read(100, small);
  CHECK(source->stats().reads == 3);
  cache.read(256 * 4096, small);
  cache.read(100, small);
  CHECK(source->stats().reads == 4);
  cache.read(128 * 4096, small);
  CHECK(source->stats().reads == 5);
}

TEST_CASE("the page cache reads what can be read beside what cannot") {
  /// A source of which one byte cannot be read.
  class Scratched final : public ByteSource {
   public:
    Scratched() : ByteSource("s") {}
    std::uint64_t size() const override { return 8192; }

   protected:
    void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
      if (offset <= 5000 && 5000 < offset + out.size()) throw Error(ErrorKind::io, "scratched");
      std::fill(out.begin(), out.end(), std::uint8_t{7});
    }
  };
  const PageCache cache(std::make_shared<Scratched>());
  Bytes out(100);
  cache.read(4096, out);
  CHECK(out == Bytes(100, 7));
  CHECK_THROWS_AS(cache.read(4950, out), Error);
}
