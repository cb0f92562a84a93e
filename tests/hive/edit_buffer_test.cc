#include "src/hive/edit_buffer.h"

#include <catch2/catch.hpp>

#include "imgtools/bytes/error.h"

using namespace goldhive;
using hive::EditBuffer;

namespace {

std::shared_ptr<MemorySource> pattern(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  return std::make_shared<MemorySource>(std::move(bytes), "base");
}

Bytes written(const EditBuffer& buffer, Bytes base) {
  base.resize(buffer.size());
  for (const auto& [offset, bytes] : buffer.differences()) {
    std::copy(bytes.begin(), bytes.end(), base.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  return base;
}

}  // namespace

TEST_CASE("an edit buffer reads its edits and leaves the base alone") {
  const auto base = pattern(10000);
  EditBuffer buffer(base);
  const Bytes edit{1, 2, 3, 4, 5, 6, 7, 8};
  buffer.write(4092, edit);  // across a page
  CHECK(buffer.read(4092, std::size_t{8}) == edit);
  CHECK(buffer.read(0, std::size_t{4092}) == base->read(0, std::size_t{4092}));
  CHECK(buffer.read(4100, std::size_t{5900}) == base->read(4100, std::size_t{5900}));
  CHECK(base->data() == pattern(10000)->data());
}

TEST_CASE("the differences of an edit buffer are the bytes that changed and no others") {
  const auto base = pattern(10000);
  EditBuffer buffer(base);
  CHECK(buffer.differences().empty());
  buffer.write(50, base->read(50, std::size_t{100}));  // the same bytes again
  CHECK(buffer.differences().empty());

  const std::uint32_t old = buffer.read_u32(200);
  buffer.write_u32(200, ~old);
  buffer.write_u32(210, ~buffer.read_u32(210));  // near: joined
  buffer.write_u32(300, ~buffer.read_u32(300));  // far: a range of its own
  const auto ranges = buffer.differences();
  REQUIRE(ranges.size() == 2);
  CHECK(ranges[0].offset == 200);
  CHECK(ranges[0].data.size() == 14);
  CHECK(ranges[1].offset == 300);
  CHECK(ranges[1].data.size() == 4);
  CHECK(written(buffer, base->data()) == buffer.read(0, std::size_t{10000}));
}

TEST_CASE("an edit buffer grows with zeros and lists the new bytes that were written") {
  const auto base = pattern(5000);
  EditBuffer buffer(base);
  buffer.grow(20000);
  CHECK(buffer.read(4990, std::size_t{20})[9] == base->data()[4999]);
  CHECK(buffer.read(4990, std::size_t{20})[10] == 0);
  const Bytes edit(100, 0xee);
  buffer.write(8100, edit);
  CHECK(written(buffer, base->data()) == buffer.read(0, std::size_t{20000}));
  CHECK_THROWS_AS(buffer.write(19999, edit), Error);
  CHECK_THROWS_AS(buffer.grow(1), Error);
}
