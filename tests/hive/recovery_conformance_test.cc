// Recovery of dirty hives that Windows made, compared with what Windows made of them.
#include <catch2/catch.hpp>

#include <vector>

#include "src/hive/base_block.h"
#include "src/hive/recovery.h"
#include "tests/support/corpus.h"

using namespace goldhive;
using namespace goldhive::hive;
using goldhive::testing::corpus_file;
using goldhive::testing::has_corpus;

namespace {

OpenedHive open_dirty(const std::string& folder, const std::string& name, bool with_logs = true) {
  const std::string path = "dirty/" + folder + "/" + name;
  if (!with_logs) return open_with_logs(corpus_file(path), {});
  return open_with_logs(corpus_file(path),
                        {nullptr, corpus_file(path + ".LOG1"), corpus_file(path + ".LOG2")});
}

struct Counts {
  std::size_t keys = 0;
  std::size_t values = 0;
};

Counts count(const OpenedHive& hive) {
  Counts counts;
  std::vector<Key> open{hive.hive->root()};
  while (!open.empty()) {
    const Key key = open.back();
    open.pop_back();
    counts.keys += 1;
    counts.values += key.values().size();
    for (const Key& subkey : key.subkeys()) open.push_back(subkey);
  }
  return counts;
}

/// Offsets at which the bins of a recovered hive differ from those of Windows' own result.
std::vector<std::uint64_t> differences(const OpenedHive& ours, const std::string& theirs) {
  const Bytes windows = corpus_file(theirs)->data();
  const Bytes bytes = ours.contents->read(0, static_cast<std::size_t>(ours.contents->size()));
  REQUIRE(bytes.size() == windows.size());
  std::vector<std::uint64_t> at;
  for (std::size_t i = 4096; i < bytes.size(); ++i) {
    if (bytes[i] != windows[i]) at.push_back(i);
  }
  return at;
}

}  // namespace

TEST_CASE("an old log gives the hive that Windows 7 made of it") {
  if (!has_corpus()) return;
  const OpenedHive hive = open_dirty("OldDirtyHive", "OldDirtyHive");
  REQUIRE(hive.state == HiveState::recovered);
  CHECK(hive.logs.at(0).used);
  CHECK(hive.logs.at(1).reason == "empty");
  const Counts counts = count(hive);
  CHECK(counts.keys == 5003);
  CHECK(counts.values == 1);
  // Windows 7 set the time of the first bin, and lowered the root's longest subkey name.
  std::size_t others = 0;
  for (const std::uint64_t at : differences(hive, "dirty/OldDirtyHive/RecoveredHive_Windows7")) {
    if (at < 4096 + 20 || at >= 4096 + 28) ++others;
  }
  CHECK(others == 1);
}

TEST_CASE("two new logs give the hive that Windows 10 made of them") {
  if (!has_corpus()) return;
  const OpenedHive hive = open_dirty("NewDirtyHive1", "NewDirtyHive");
  REQUIRE(hive.state == HiveState::recovered);
  CHECK(differences(hive, "dirty/NewDirtyHive1/RecoveredHive_Windows10").empty());
  REQUIRE(hive.logs.size() == 2);
  std::vector<std::uint32_t> applied;
  for (const LogAccount& log : hive.logs) {
    for (const LogEntryAccount& entry : log.entries) {
      if (entry.applied) applied.push_back(entry.sequence);
    }
  }
  CHECK(applied == std::vector<std::uint32_t>{2, 3, 4, 5});
  CHECK(hive.hive->base_block().sequence1 == 5);
  CHECK(hive.hive->base_block().sequence2 == 5);
}

TEST_CASE("a hive with a wrecked base block is recovered from its old log") {
  if (!has_corpus()) return;
  const OpenedHive hive = open_dirty("BadBaseBlockHive", "BadBaseBlockHive");
  REQUIRE(hive.state == HiveState::recovered);
  CHECK_FALSE(hive.checksum_ok);
  const Counts counts = count(hive);
  CHECK(counts.keys == 5003);
  CHECK(counts.values == 1);
  CHECK(open_dirty("BadBaseBlockHive", "BadBaseBlockHive", false).state == HiveState::damaged);
}

TEST_CASE("a log with a wrong checksum leaves the hive dirty") {
  if (!has_corpus()) return;
  const OpenedHive hive = open_dirty("BadLogHive1", "BadLogHive");
  REQUIRE(hive.state == HiveState::dirty);
  CHECK(hive.reason.find("no usable transaction log") != std::string::npos);
  CHECK(hive.logs.at(0).reason.find("bad checksum") == 0);
  CHECK(hive.recovered_pages.empty());
}

TEST_CASE("one of two new logs is stale and the other adds hundreds of keys") {
  if (!has_corpus()) return;
  const OpenedHive before = open_dirty("transactions_NTUSER", "NTUSER.DAT", false);
  REQUIRE(before.state == HiveState::dirty);
  CHECK(count(before).keys == 2590);
  CHECK(count(before).values == 4119);

  const OpenedHive hive = open_dirty("transactions_NTUSER", "NTUSER.DAT");
  REQUIRE(hive.state == HiveState::recovered);
  CHECK(count(hive).keys == 3105);
  CHECK(count(hive).values == 4695);
  CHECK(hive.logs.at(0).entries.size() == 23);
  CHECK(hive.logs.at(0).entries.front().sequence == 566);
  CHECK(hive.logs.at(0).entries.back().sequence == 588);
  CHECK(hive.highest_sequence == 588);
  CHECK_FALSE(hive.logs.at(1).used);
}
