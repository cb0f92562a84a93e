#include <catch2/catch.hpp>

#include "fixtures/wim_builder.h"
#include "imgtools/bytes/error.h"
#include "imgtools/wim/wim_table_check.h"
#include "imgtools/wim/wim_table_edit.h"

using namespace goldhive;

namespace {

WimHash numbered(std::uint32_t number) {
  const Bytes content = {static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(number >> 8),
                         static_cast<std::uint8_t>(number >> 16)};
  return fixtures::wim_hash_of(content);
}

Bytes table_of(const std::vector<WimBlobEntry>& entries) {
  Bytes table(entries.size() * wim_blob_entry_size);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    put_wim_blob_entry(table, i * wim_blob_entry_size, entries[i]);
  }
  return table;
}

WimBlobTable table_from(Bytes bytes) {
  const MemorySource source(std::move(bytes), "t");
  return WimBlobTable(LargeBuffer(source, 0, source.data().size()), 1, "t");
}

}  // namespace

TEST_CASE("a blob table of 76000 entries finds each of them and nothing else") {
  std::vector<WimBlobEntry> entries;
  for (std::uint32_t i = 0; i < 76000; ++i) {
    entries.push_back({{i, 0, i, i}, 1, 1, numbered(i)});
  }
  const WimBlobTable table = table_from(table_of(entries));
  REQUIRE(table.size() == 76000);
  for (std::uint32_t i = 0; i < 76000; i += 7) {
    const auto found = table.find(numbered(i));
    REQUIRE(found);
    REQUIRE(*found == i);
    REQUIRE(table.entry(i).resource == entries[i].resource);
  }
  CHECK_FALSE(table.find(numbered(80000)));
}

TEST_CASE("of two blob entries of one hash the first counts and other parts do not count at all") {
  const WimBlobTable table = table_from(table_of({{{1, 0, 1, 1}, 2, 1, numbered(1)},
                                                  {{2, 0, 2, 2}, 1, 1, numbered(1)},
                                                  {{3, 0, 3, 3}, 1, 1, numbered(1)},
                                                  {{4, 2, 4, 4}, 1, 1, numbered(2)},
                                                  {{5, 2, 5, 5}, 1, 0, numbered(3)},
                                                  {{6, 0, 6, 6}, 1, 1, WimHash{}}}));
  CHECK(table.find(numbered(1)) == 1U);
  CHECK_FALSE(table.find(numbered(2)));  // metadata is no blob
  CHECK_FALSE(table.find(WimHash{}));
  CHECK(table.metadata() == std::vector<std::size_t>{3});  // one without references is none
}

TEST_CASE("a blob in a solid resource counts through the resources of its run and no others") {
  constexpr std::uint64_t mark = std::uint64_t{1} << 32;
  const WimBlobTable table = table_from(table_of({{{9, 0x10, 5, 0}, 1, 1, numbered(9)},
                                                  {{9, 0, 5, 9}, 1, 1, numbered(8)},
                                                  {{1, 0x10, 100, mark}, 1, 1, {}},
                                                  {{1, 0x10, 200, mark}, 1, 1, {}},
                                                  {{5, 0x10, 0, 0}, 1, 1, numbered(1)},
                                                  {{1, 0x10, 300, mark}, 1, 1, {}},
                                                  {{5, 0x10, 0, 0}, 1, 1, numbered(2)},
                                                  {{9, 0, 5, 9}, 1, 1, numbered(7)},
                                                  {{1, 0x10, 400, mark}, 1, 1, {}},
                                                  {{5, 0x10, 0, 0}, 1, 1, numbered(3)}}));
  CHECK_THROWS_AS(table.run_of(0), Error);
  CHECK(table.run_of(4).resources == std::vector<std::size_t>{2, 3, 5});
  CHECK(table.run_of(6).resources == std::vector<std::size_t>{2, 3, 5});
  CHECK(table.run_of(9).resources == std::vector<std::size_t>{8});
}

TEST_CASE("a table never loses the entry between two runs of solid ones") {
  constexpr std::uint64_t mark = std::uint64_t{1} << 32;
  const WimBlobTable old = table_from(table_of({{{1, 0x10, 100, mark}, 1, 1, {}},
                                                {{5, 0x10, 0, 0}, 1, 1, numbered(1)},
                                                {{9, 0, 5, 9}, 1, 1, numbered(2)},
                                                {{1, 0x10, 400, mark}, 1, 1, {}},
                                                {{5, 0x10, 0, 0}, 1, 1, numbered(3)}}));
  for (const bool replaced : {false, true}) {
    WimTableEdit edit(old);
    if (replaced) edit.add({7, 0, 900, 7}, numbered(4));
    edit.move_references(numbered(2), numbered(4), 1);
    edit.remove(numbered(2));
    const WimBlobTable changed = table_from(edit.bytes());
    REQUIRE(changed.size() == 5);
    CHECK(changed.run_of(4).resources == std::vector<std::size_t>{3});
    CHECK(changed.find(numbered(4)).has_value() == replaced);
    CHECK(changed.entry(2).references == (replaced ? 1 : 0));
  }
}

TEST_CASE("runs of solid entries stay apart however many entries between them go") {
  constexpr std::uint64_t mark = std::uint64_t{1} << 32;
  // Entries of another part of a split WIM separate no runs, so such an entry is no separator.
  const WimBlobTable old = table_from(table_of({{{1, 0x10, 100, mark}, 1, 1, {}},
                                                {{5, 0x10, 0, 0}, 1, 1, numbered(1)},
                                                {{9, 0, 5, 9}, 1, 1, numbered(2)},
                                                {{9, 0x10, 5, 0}, 2, 1, numbered(7)},
                                                {{9, 0, 5, 9}, 2, 1, numbered(8)},
                                                {{9, 0, 15, 9}, 1, 1, numbered(3)},
                                                {{9, 0, 25, 9}, 1, 1, numbered(4)},
                                                {{1, 0x10, 400, mark}, 1, 1, {}},
                                                {{5, 0x10, 0, 0}, 1, 1, numbered(5)}}));
  WimTableEdit edit(old);
  for (const std::uint32_t gone : {2U, 3U, 4U}) edit.remove(numbered(gone));
  const WimBlobTable changed = table_from(edit.bytes());
  CHECK(changed.size() == 7);
  const WimTableDifference difference = compare_wim_tables(old, changed);
  CHECK(difference.elsewhere.empty());
  CHECK(difference.gone == std::vector<WimHash>{numbered(3), numbered(4)});

  WimTableEdit more(old);  // with a solid blob gone beside them, and one entry to put there
  more.remove(numbered(1));
  for (const std::uint32_t gone : {2U, 3U, 4U}) more.remove(numbered(gone));
  more.add({7, 0, 900, 7}, numbered(6));
  const WimBlobTable filled = table_from(more.bytes());
  CHECK(filled.size() == 6);
  CHECK(filled.find(numbered(6)).has_value());
  CHECK(compare_wim_tables(old, filled).elsewhere.empty());
}

TEST_CASE("the comparison of two blob tables sees each content that lies elsewhere") {
  constexpr std::uint64_t mark = std::uint64_t{1} << 32;
  const std::vector<WimBlobEntry> entries = {
      {{1, 0x10, 100, mark}, 1, 1, {}},     {{5, 0x10, 0, 0}, 1, 1, numbered(1)},
      {{9, 0, 5, 9}, 1, 1, numbered(2)},    {{1, 0x10, 400, mark}, 1, 1, {}},
      {{5, 0x10, 0, 0}, 1, 1, numbered(3)}, {{9, 2, 7, 9}, 1, 1, numbered(4)}};
  const WimBlobTable old = table_from(table_of(entries));
  CHECK(compare_wim_tables(old, old).elsewhere.empty());

  std::vector<WimBlobEntry> merged = entries;
  merged.erase(merged.begin() + 2);
  WimTableDifference difference = compare_wim_tables(old, table_from(table_of(merged)));
  CHECK(difference.gone == std::vector<WimHash>{numbered(2)});
  CHECK(difference.elsewhere == std::vector<WimHash>{numbered(1), numbered(3)});
  CHECK(difference.images.empty());

  std::vector<WimBlobEntry> moved = entries;
  moved[2].resource.offset = 6;
  moved[5].resource.offset = 8;
  difference = compare_wim_tables(old, table_from(table_of(moved)));
  CHECK(difference.elsewhere == std::vector<WimHash>{numbered(2)});
  CHECK(difference.images == std::vector<std::size_t>{0});

  moved.pop_back();
  CHECK(compare_wim_tables(old, table_from(table_of(moved))).images == std::vector<std::size_t>{0});
}

TEST_CASE("a blob table of hashes that are all alike is refused and not searched for ever") {
  std::vector<WimBlobEntry> entries;
  for (std::uint32_t i = 0; i < 3000; ++i) {
    WimHash hash{1, 2, 3, 4};
    hash[18] = static_cast<std::uint8_t>(i);
    hash[19] = static_cast<std::uint8_t>(i >> 8);
    entries.push_back({{1, 0, 1, 1}, 1, 1, hash});
  }
  CHECK_THROWS_WITH(table_from(table_of(entries)),
                    Catch::Contains("hashes of the blob table begin alike"));
  CHECK_THROWS_WITH(table_from(Bytes(51)), Catch::Contains("expected a multiple of 50"));
}
