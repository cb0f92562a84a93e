#include "imgtools/bytes/parse_budget.h"

#include <catch2/catch.hpp>

#include "imgtools/budgeted_storage.h"
#include "imgtools/bytes/budgeted_source.h"
#include "imgtools/bytes/error.h"
#include "imgtools/bytes/overlay_source.h"
#include "imgtools/bytes/page_cache.h"
#include "imgtools/change/own_names.h"
#include "tests/support/faulty_storage.h"

using namespace goldhive;

namespace {

constexpr std::uint64_t mib = 1 << 20;

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::refused);
    return e.what();
  }
  return "";
}

SharedBudget budget_of_size(std::uint64_t size) {
  auto budget = std::make_shared<ParseBudget>();
  budget->add_file(size);
  return budget;
}

std::shared_ptr<const ByteSource> file_with(const SharedBudget& budget, std::size_t size) {
  return std::make_shared<BudgetedSource>(std::make_unique<MemorySource>(Bytes(size), "file"),
                                          budget);
}

}  // namespace

TEST_CASE("what may be spent is a base and a few times the size of the files") {
  const SharedBudget budget = budget_of_size(10 * mib);
  budget->read((256 + 16 * 10) * mib, "a");
  CHECK(refusal([&] { budget->read(1, "the list"); }) ==
        "the list: is too costly: 436207617 bytes read for one target of this size, 436207616 are "
        "allowed; its structures name the same data over and over");
  budget->walk((32 + 10) * mib, "a");
  CHECK_FALSE(refusal([&] { budget->walk(1, "a"); }).empty());
  budget->unpack((1024 + 100 * 10) * mib, "a");
  CHECK_FALSE(refusal([&] { budget->unpack(1, "a"); }).empty());
}

TEST_CASE("memory grows with what was read and not beyond the size of the files") {
  const SharedBudget budget = budget_of_size(10 * mib);
  CHECK(budget->room() == 64 * mib);
  budget->read(5 * mib, "a");
  CHECK(budget->room() == 84 * mib);
  budget->read(100 * mib, "a");
  CHECK(budget->room() == 104 * mib);
  HeldBytes held(budget);
  held.add(104 * mib, "a");
  CHECK(refusal([&] { held.add(1, "the table"); }).find("the table: is too costly") == 0);
  CHECK(held.bytes() == 104 * mib);
  held.let_go();
  {
    HeldBytes more(budget);
    more.add(50 * mib, "a");
    held = std::move(more);
  }
  CHECK(budget->spent().held == 50 * mib);
  held = HeldBytes();
  CHECK(budget->spent().most_held == 104 * mib);
}

TEST_CASE("a hole of any length is more than may be unpacked") {
  const SharedBudget budget = budget_of_size(1);
  CHECK_FALSE(refusal([&] { budget->unpack(UINT64_MAX, "a"); }).empty());
  budget->unpack(1000, "a");
  CHECK_FALSE(refusal([&] { budget->unpack(UINT64_MAX - 10, "a"); }).empty());
  CHECK(budget->spent().unpacked == 1000);
  ParseBudget chosen(500);
  chosen.unpack(500, "a");
  CHECK(refusal([&] { chosen.unpack(1, "a"); }).find("--max-unpacked") != std::string::npos);
}

TEST_CASE("what was unpacked may be read, and does not raise what may be unpacked") {
  const SharedBudget budget = budget_of_size(1 * mib);
  const std::uint64_t may_read = budget->may_read();
  budget->add_member(100 * mib);
  CHECK(budget->may_read() == may_read + 1600 * mib);
  CHECK_FALSE(refusal([&] { budget->unpack((1024 + 100) * mib + 1, "a"); }).empty());
}

TEST_CASE("the sources over a file have its budget, and reads count once") {
  const SharedBudget budget = budget_of_size(1000);
  const auto file = file_with(budget, 1000);
  const auto slice = std::make_shared<SliceSource>(file, 100, 500, "slice");
  OverlaySource overlay(slice, "overlay");
  CHECK(overlay.budget() == budget);
  overlay.read(0, 200);
  CHECK(budget->spent().read == 200);
  overlay.write_zeros(0, 100);
  overlay.read(0, 200);
  CHECK(budget->spent().read == 400);
}

TEST_CASE("what is read through a cache counts each time") {
  const SharedBudget budget = budget_of_size(8192);
  const PageCache cache(file_with(budget, 8192));
  Bytes out(100);
  for (int i = 0; i < 1000; ++i) cache.read(50, out);
  CHECK(budget->spent().read == 1000 * 100 + 4096);
}

TEST_CASE("a cache over a source that belongs to no target ends by the size of the source") {
  const PageCache cache(std::make_shared<MemorySource>(Bytes(4096), "file"));
  Bytes out(4096);
  CHECK_FALSE(refusal([&] {
                for (int i = 0; i < 100'000; ++i) cache.read(0, out);
              }).empty());
}

TEST_CASE("each file of a target raises its budget once, and the disk inside an image does not") {
  testing::FaultyStorage host;
  host.put("/a", Bytes(1000));
  host.put("/b", Bytes(2000));
  host.put(disk_inside("/a"), Bytes(5000));
  const auto budget = std::make_shared<ParseBudget>();
  const BudgetedStorage storage(host, budget);
  storage.open("/a");
  storage.open("/a")->read(0, 10);
  storage.open("/b")->read(0, 10);
  storage.open(disk_inside("/a"))->read(0, 10);
  CHECK(budget->spent().files == 3000);
  CHECK(budget->spent().read == 30);
}
