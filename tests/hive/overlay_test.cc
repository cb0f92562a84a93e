#include "src/hive/overlay.h"

#include <catch2/catch.hpp>

#include "imgtools/bytes/error.h"

using namespace goldhive;
using namespace goldhive::hive;

namespace {

std::shared_ptr<const ByteSource> base_of(std::size_t size) {
  Bytes data(size);
  for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<std::uint8_t>(i / 1000 + 1);
  return std::make_shared<MemorySource>(std::move(data), "base");
}

}  // namespace

TEST_CASE("an overlay reads as its base with what was written over it") {
  const auto base = base_of(20000);
  Bytes expected = base->read(0, 20000);
  OverlaySource overlay(base);
  const auto write = [&](std::size_t at, const Bytes& data) {
    overlay.write(at, data);
    std::copy(data.begin(), data.end(), expected.begin() + static_cast<std::ptrdiff_t>(at));
  };
  CHECK(overlay.name() == "base");
  write(4090, Bytes(12, 0xaa));
  write(4096, Bytes(4096, 0xbb));
  write(16384, Bytes(3616, 0xcc));
  write(0, {});
  CHECK(overlay.read(0, 20000) == expected);
  CHECK(overlay.read(4095, 2) == Bytes{0xaa, 0xbb});
  CHECK(overlay.read(19999, 1) == Bytes{0xcc});
  CHECK_THROWS_AS(overlay.read(19999, 2), Error);
  CHECK_THROWS_AS(overlay.write(19999, Bytes(2)), Error);
  CHECK_THROWS_AS(overlay.write(~std::uint64_t{0}, Bytes(2)), Error);
}

TEST_CASE("an overlay that grows reads as zeros where nothing was written") {
  OverlaySource overlay(base_of(5000));
  overlay.resize(12288);
  CHECK(overlay.read(4999, 3) == Bytes{5, 0, 0});
  overlay.write(9000, Bytes{9});
  CHECK(overlay.read(8999, 3) == Bytes{0, 9, 0});
  overlay.resize(6000);
  overlay.resize(12288);
  CHECK(overlay.read(9000, 1) == Bytes{0});
}

TEST_CASE("the changed pages of an overlay are those that differ from its base") {
  const auto base = base_of(10000);
  OverlaySource overlay(base);
  overlay.write(4096, base->read(4096, 4096));
  CHECK(overlay.changed_pages().empty());
  overlay.write(8192, Bytes{0xff});
  overlay.write(1, Bytes{0xff});
  const auto pages = overlay.changed_pages();
  REQUIRE(pages.size() == 2);
  CHECK(pages[0].first == 0);
  CHECK(pages[0].second.size() == 4096);
  CHECK(pages[0].second[1] == 0xff);
  CHECK(pages[1].first == 8192);
  CHECK(pages[1].second.size() == 10000 - 8192);
  CHECK(pages[1].second[0] == 0xff);
}

TEST_CASE("an overlay refuses to take more memory than its budget") {
  OverlaySource overlay(base_of(100000), 4 * 4096);
  overlay.write(4096, Bytes(4 * 4096, 1));
  overlay.write(8192, Bytes(4096, 2));
  try {
    overlay.write(40000, Bytes{1});
    FAIL("no limit");
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::unsupported);
  }
}
