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
  buffer.resize(20000);
  CHECK(buffer.read(4990, std::size_t{20})[9] == base->data()[4999]);
  CHECK(buffer.read(4990, std::size_t{20})[10] == 0);
  const Bytes edit(100, 0xee);
  buffer.write(8100, edit);
  CHECK(written(buffer, base->data()) == buffer.read(0, std::size_t{20000}));
  CHECK_THROWS_AS(buffer.write(19999, edit), Error);
}

TEST_CASE("an edit buffer reads as its base with what was written over it") {
  const auto base = pattern(20000);
  Bytes expected = base->data();
  EditBuffer buffer(base);
  const auto write = [&](std::size_t at, const Bytes& data) {
    buffer.write(at, data);
    std::copy(data.begin(), data.end(), expected.begin() + static_cast<std::ptrdiff_t>(at));
  };
  CHECK(buffer.name() == "base");
  write(4090, Bytes(12, 0xaa));
  write(4096, Bytes(4096, 0xbb));
  write(16384, Bytes(3616, 0xcc));
  write(0, {});
  CHECK(buffer.read(0, std::size_t{20000}) == expected);
  CHECK(buffer.read(4095, std::size_t{2}) == Bytes{0xaa, 0xbb});
  CHECK_THROWS_AS(buffer.read(19999, std::size_t{2}), Error);
  CHECK_THROWS_AS(buffer.write(19999, Bytes(2)), Error);
  CHECK_THROWS_AS(buffer.write(~std::uint64_t{0}, Bytes(2)), Error);
}

TEST_CASE("what an edit buffer was cut by is gone and reads as zeros when it grows again") {
  EditBuffer buffer(pattern(5000));
  buffer.resize(12288);
  buffer.write(9000, Bytes{9});
  CHECK(buffer.read(8999, std::size_t{3}) == Bytes{0, 9, 0});
  buffer.resize(6000);
  CHECK(buffer.changed_pages().empty());
  buffer.resize(12288);
  CHECK(buffer.read(9000, std::size_t{1}) == Bytes{0});
  buffer.resize(4999);
  buffer.resize(5000);
  CHECK(buffer.read(4998, std::size_t{2}) == Bytes{pattern(5000)->data()[4998], 0});
}

TEST_CASE("the changed pages of an edit buffer are those that differ from its base") {
  const auto base = pattern(10000);
  EditBuffer buffer(base);
  buffer.write(4096, base->read(4096, std::size_t{4096}));
  CHECK(buffer.changed_pages().empty());
  buffer.write_u32(8192, ~buffer.read_u32(8192));
  buffer.write_u32(1, ~buffer.read_u32(1));
  const auto pages = buffer.changed_pages();
  REQUIRE(pages.size() == 2);
  CHECK(pages[0].offset == 0);
  CHECK(pages[0].data == buffer.read(0, std::size_t{4096}));
  CHECK(pages[1].offset == 8192);
  CHECK(pages[1].data == buffer.read(8192, std::size_t{10000 - 8192}));
}

TEST_CASE("an edit buffer refuses to take more memory than its budget") {
  EditBuffer buffer(pattern(100000), 4 * 4096);
  buffer.write(4096, Bytes(4 * 4096, 1));
  buffer.write(8192, Bytes(4096, 2));
  try {
    buffer.write(40000, Bytes{1});
    FAIL("no limit");
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::unsupported);
  }
}
