#include "src/hive/cell_allocator.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <set>

#include "imgtools/bytes/error.h"

using namespace goldhive;
using hive::CellAllocator;
using hive::CellOffset;
using hive::EditBuffer;

namespace {

/// A base block of zeros and `sizes.size()` bins, each one free cell.
Bytes bins(const std::vector<std::uint32_t>& sizes) {
  Bytes file(4096);
  std::uint32_t offset = 0;
  for (const std::uint32_t size : sizes) {
    file.resize(file.size() + size);
    const std::size_t at = 4096 + offset;
    std::copy_n("hbin", 4, file.begin() + static_cast<std::ptrdiff_t>(at));
    put_u32(file, at + 4, offset);
    put_u32(file, at + 8, size);
    put_u32(file, at + 32, size - 32);
    offset += size;
  }
  return file;
}

struct Fixture {
  explicit Fixture(const std::vector<std::uint32_t>& sizes, std::size_t slack = 0)
      : buffer([&] {
          Bytes file = bins(sizes);
          file.resize(file.size() + slack, 0xcc);
          return std::make_shared<MemorySource>(std::move(file), "hive");
        }()),
        total([&] {
          std::uint32_t sum = 0;
          for (const std::uint32_t size : sizes) sum += size;
          return sum;
        }()),
        cells(buffer, total) {}
  EditBuffer buffer;
  std::uint32_t total;
  CellAllocator cells;
};

}  // namespace

TEST_CASE("a cell is taken from the bin of its neighbour and rounded up to eight bytes") {
  Fixture f({4096, 4096});
  const CellOffset a = f.cells.allocate(80, 4096 + 32);
  CHECK(a == 4096 + 32);
  CHECK(f.cells.capacity(a) == 84);
  const CellOffset b = f.cells.allocate(1, a);
  CHECK(b == a + 88);
  CHECK(f.cells.capacity(b) == 4);
  CHECK(f.cells.bins_size() == 8192);
}

TEST_CASE("freed cells join their free neighbours on both sides") {
  Fixture f({4096});
  const CellOffset a = f.cells.allocate(20, 32);
  const CellOffset b = f.cells.allocate(20, 32);
  const CellOffset c = f.cells.allocate(20, 32);
  f.cells.free(a);
  f.cells.free(c);
  f.cells.free(b);
  CHECK(f.buffer.read_u32(4096 + 32) == 4096 - 32);
  CHECK(f.buffer.differences().size() <= 3);
  CHECK_THROWS_AS(f.cells.free(b), Error);
  CHECK_THROWS_AS(f.cells.capacity(a), Error);
}

TEST_CASE("the tightest free cell of a bin is taken first") {
  Fixture f({4096});
  const CellOffset a = f.cells.allocate(100, 32);
  f.cells.allocate(4, 32);
  const CellOffset b = f.cells.allocate(28, 32);
  f.cells.allocate(4, 32);
  f.cells.free(a);
  f.cells.free(b);
  CHECK(f.cells.allocate(28, 32) == b);
  CHECK(f.cells.allocate(28, 32) == a);
}

TEST_CASE("when no bin has room a new one goes into the slack of the file before the file grows") {
  Fixture with_slack({4096}, 4096);
  with_slack.cells.allocate(4096 - 32 - 4, 32);
  const CellOffset cell = with_slack.cells.allocate(100, 32);
  CHECK(cell == 4096 + 32);
  CHECK(with_slack.cells.bins_size() == 8192);
  CHECK(with_slack.buffer.size() == 4096 + 8192);
  CHECK(with_slack.buffer.read(4096 + 4096 + 12, std::size_t{20}) == Bytes(20, 0));

  Fixture full({4096});
  full.cells.allocate(4096 - 32 - 4, 32);
  CHECK(full.cells.allocate(10000, 32) == 4096 + 32);
  CHECK(full.cells.bins_size() == 4096 + 12288);
  CHECK(full.buffer.size() == 4096 + 4096 + 12288);
}

TEST_CASE("broken bins and cells are named and nothing is taken from them") {
  Bytes file = bins({4096, 4096});
  put_u32(file, 4096 + 4096 + 4, 77);
  EditBuffer wrong_offset(std::make_shared<MemorySource>(file, "hive"));
  CHECK_THROWS_AS(CellAllocator(wrong_offset, 8192), Error);

  file = bins({4096});
  put_u32(file, 4096 + 32, 12);
  EditBuffer wrong_cell(std::make_shared<MemorySource>(file, "hive"));
  CellAllocator cells(wrong_cell, 4096);
  CHECK_THROWS_AS(cells.allocate(8, 32), Error);
  CHECK_THROWS_AS(cells.allocate(8, 33), Error);
  CHECK_THROWS_AS(cells.free(5000), Error);
  CHECK(wrong_cell.differences().empty());

  file = bins({4096});
  put_u32(file, 4096 + 8, 0);
  EditBuffer empty_bin(std::make_shared<MemorySource>(file, "hive"));
  CHECK_THROWS_AS(CellAllocator(empty_bin, 4096), Error);
}

TEST_CASE("any order of taking and freeing leaves bins whose cells add up and never overlap") {
  std::minstd_rand random(7);
  Fixture f({4096, 8192, 4096});
  std::vector<std::pair<CellOffset, std::uint32_t>> held;
  for (int step = 0; step < 3000; ++step) {
    if (held.size() < 60 && random() % 2 == 0) {
      const auto payload = static_cast<std::uint32_t>(1 + random() % 300);
      const CellOffset near = held.empty() ? 32 : held[random() % held.size()].first;
      const CellOffset cell = f.cells.allocate(payload, near);
      REQUIRE(f.cells.capacity(cell) >= payload);
      held.emplace_back(cell, f.cells.capacity(cell) + 4);
    } else if (!held.empty()) {
      const std::size_t which = random() % held.size();
      f.cells.free(held[which].first);
      held.erase(held.begin() + static_cast<std::ptrdiff_t>(which));
    }
  }
  std::sort(held.begin(), held.end());
  for (std::size_t i = 1; i < held.size(); ++i) {
    REQUIRE(held[i - 1].first + held[i - 1].second <= held[i].first);
  }
  for (const auto& [cell, size] : held) f.cells.free(cell);
  // All free again: every bin is one free cell.
  for (std::uint32_t offset = 0; offset < f.cells.bins_size();) {
    const std::uint32_t size = f.buffer.read_u32(4096 + offset + 8);
    REQUIRE(f.buffer.read_u32(4096 + offset + 32) == size - 32);
    offset += size;
  }
}
