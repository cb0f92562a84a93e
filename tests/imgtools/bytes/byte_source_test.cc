#include "imgtools/bytes/byte_source.h"

#include <catch2/catch.hpp>

#include "imgtools/bytes/error.h"

using namespace goldhive;

TEST_CASE("a source counts what it read and refuses to read beyond its end") {
  const auto memory = std::make_shared<MemorySource>(Bytes{1, 2, 3, 4}, "m");
  CHECK(memory->read(1, 2) == Bytes{2, 3});
  CHECK(memory->read(4, 0).empty());
  CHECK_THROWS_AS(memory->read(3, 2), Error);
  CHECK_THROWS_AS(memory->read(~0ULL, 1), Error);
  CHECK(memory->stats().reads == 1);
  CHECK(memory->stats().bytes == 2);

  const SliceSource slice(memory, 1, 3, "s");
  CHECK(slice.read(2, 1) == Bytes{4});
  CHECK_THROWS_AS(slice.read(2, 2), Error);
  CHECK_THROWS_AS(SliceSource(memory, 2, 3, "s"), Error);
}

TEST_CASE("a view names the absolute offset of a read that goes beyond it") {
  const Bytes data{0x78, 0x56, 0x34, 0x12, 0xff};
  const ByteView view(data, 0x1000, "SOFTWARE");
  CHECK(view.u32(0) == 0x12345678);
  CHECK(view.u16(3) == 0xff12);
  try {
    static_cast<void>(view.from(2).u32(0));
    FAIL("read beyond the view");
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::corrupt);
    CHECK(e.offset() == 0x1002u);
    CHECK(std::string(e.what()) ==
          "SOFTWARE: structure is cut off at 0x1002: expected 4 bytes, found 3 bytes");
  }
  CHECK_THROWS_AS(view.u8(static_cast<std::size_t>(-1)), Error);
}
