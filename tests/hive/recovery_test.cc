#include "src/hive/recovery.h"

#include <catch2/catch.hpp>

#include "imgtools/bytes/error.h"
#include "tests/hive/log_maker.h"

using namespace goldhive;
using namespace goldhive::hive;
using namespace goldhive::hive::testing;

namespace {

/// A dirty primary in state 0, flushed up to `secondary`.
Bytes dirty(std::uint32_t secondary) {
  return with_sequences(hive_state(0), secondary + 1, secondary);
}

/// The entry `sequence` that takes the hive from state 0 to state `number`.
Bytes step(std::uint32_t sequence, std::uint32_t number) {
  return hvle_entry(sequence, hive_state(0), hive_state(number));
}

void require_recovered(const OpenedHive& hive, std::uint32_t number) {
  INFO(hive.reason);
  for (const LogAccount& log : hive.logs) INFO(log.name << ": " << log.reason);
  REQUIRE(hive.state == HiveState::recovered);
  CHECK(state_of(*hive.hive) == number);
}

void require_dirty(const OpenedHive& hive) {
  INFO(hive.reason);
  REQUIRE(hive.state == HiveState::dirty);
  CHECK(state_of(*hive.hive) == 0);
  CHECK(hive.recovered_pages.empty());
  CHECK_FALSE(hive.reason.empty());
  for (const LogAccount& log : hive.logs) {
    CHECK_FALSE(log.used);
    CHECK_FALSE(log.reason.empty());
    for (const LogEntryAccount& entry : log.entries) CHECK_FALSE(entry.applied);
  }
}

}  // namespace

TEST_CASE("a clean hive ignores its logs even when they hold later entries") {
  const Bytes primary = with_sequences(hive_state(0), 5, 5);
  const OpenedHive hive = open(primary, hvle_log(primary, 6, {step(6, 1), step(7, 2)}));
  REQUIRE(hive.state == HiveState::clean);
  CHECK(state_of(*hive.hive) == 0);
  CHECK(hive.reason.empty());
  CHECK(hive.recovered_pages.empty());
  CHECK(hive.highest_sequence == 7);
  CHECK(hive.checksum_ok);
  CHECK(hive.logs.at(0).reason == "not needed: the hive is clean");
  CHECK(hive.logs.at(1).reason == "empty");
}

TEST_CASE("the entries of two new logs are applied in the order of their numbers") {
  const Bytes primary = dirty(5);
  const Bytes early = hvle_log(primary, 6, {step(6, 1), step(7, 2)});
  const Bytes late = hvle_log(primary, 8, {step(8, 3), step(9, 4)});
  for (const bool swapped : {false, true}) {
    const OpenedHive hive = swapped ? open(primary, late, early) : open(primary, early, late);
    require_recovered(hive, 4);
    CHECK(hive.sequence1 == 6);
    CHECK(hive.sequence2 == 5);
    CHECK(hive.highest_sequence == 9);
    CHECK(hive.hive->base_block().sequence1 == 9);
    CHECK(hive.hive->base_block().sequence2 == 9);
    CHECK(hive.hive->base_block().checksum_ok());
    CHECK(hive.hive->base_block().file_type == HiveFileType::primary);
    for (const LogAccount& log : hive.logs) {
      CHECK(log.used);
      CHECK(log.format == "HvLE");
      REQUIRE(log.entries.size() == 2);
      CHECK(log.entries[0].applied);
      CHECK(log.entries[1].applied);
      CHECK(log.entries[0].offset == 512);
      CHECK(log.entries[0].pages == 1);
      CHECK(log.entries[0].sequence == log.sequence);
    }
    // The pages are all that a writer needs to make the file what was read.
    Bytes file = primary;
    for (const auto& [offset, page] : hive.recovered_pages) {
      std::copy(page.begin(), page.end(), file.begin() + static_cast<std::ptrdiff_t>(offset));
    }
    CHECK(hive.recovered_pages.size() == 2);
    CHECK(file == hive.contents->read(0, file.size()));
    CHECK(file == with_sequences(hive_state(4), 9, 9));
  }
}

TEST_CASE("a second log that does not go on where the first ended is left out") {
  const Bytes primary = dirty(5);
  const OpenedHive hive =
      open(primary, hvle_log(primary, 6, {step(6, 1)}), hvle_log(primary, 8, {step(8, 3)}));
  require_recovered(hive, 1);
  CHECK_FALSE(hive.logs.at(1).used);
  CHECK(hive.logs.at(1).reason ==
        "not used: starts with sequence number 8, HIVE.LOG1 ended with 6");
  CHECK(hive.highest_sequence == 8);
}

TEST_CASE("a gap between the hive and its first log is allowed") {
  const Bytes primary = dirty(5);
  require_recovered(open(primary, hvle_log(primary, 500, {step(500, 1)})), 1);
}

TEST_CASE("a log older than the hive is left out and the other applied alone") {
  const Bytes primary = dirty(7);
  const OpenedHive hive = open(primary, hvle_log(primary, 6, {step(6, 1), step(7, 2)}),
                               hvle_log(primary, 8, {step(8, 3)}));
  require_recovered(hive, 3);
  CHECK_FALSE(hive.logs.at(0).used);
  CHECK(hive.logs.at(0).reason == "older than the hive: sequence number 6, the hive has 7");
}

TEST_CASE("the first entry that is wrong ends its log") {
  const Bytes primary = dirty(5);
  const auto apply = [&](std::size_t broken, std::size_t at) {
    std::vector<Bytes> entries{step(6, 1), step(7, 2), step(8, 3)};
    entries[broken][at] ^= 1;
    return open(primary, hvle_log(primary, 6, entries));
  };
  SECTION("the last") {
    const OpenedHive hive = apply(2, 100);
    require_recovered(hive, 2);
    REQUIRE(hive.logs.at(0).entries.size() == 3);
    CHECK(hive.logs.at(0).entries[2].reason == "wrong hash of its pages");
    CHECK(hive.logs.at(0).used);
    // What could come back as a remnant counts too.
    CHECK(hive.highest_sequence == 8);
  }
  SECTION("one in the middle") {
    const OpenedHive hive = apply(1, 20);
    require_recovered(hive, 1);
    REQUIRE(hive.logs.at(0).entries.size() == 2);
    CHECK(hive.logs.at(0).entries[1].reason == "wrong hash of its header");
    CHECK(hive.highest_sequence == 8);
  }
  SECTION("the first") {
    const OpenedHive hive = apply(0, 4000);
    require_dirty(hive);
    CHECK(hive.logs.at(0).reason == "no valid first entry");
    CHECK(hive.reason.find("HIVE.LOG1: no valid first entry") != std::string::npos);
  }
}

TEST_CASE("entries left over from an earlier use of a log are not applied") {
  const Bytes primary = dirty(5);
  const OpenedHive hive = open(primary, hvle_log(primary, 6, {step(6, 1), step(3, 9), step(7, 9)}));
  require_recovered(hive, 1);
  REQUIRE(hive.logs.at(0).entries.size() == 2);
  CHECK(hive.logs.at(0).entries[1].reason ==
        "sequence number 3, expected 7: left over from an earlier use");
}

TEST_CASE("a second log is not applied when the first has no valid entry") {
  const Bytes primary = dirty(5);
  Bytes broken = step(6, 1);
  broken[600] ^= 1;
  const OpenedHive hive =
      open(primary, hvle_log(primary, 6, {broken}), hvle_log(primary, 7, {step(7, 2)}));
  require_dirty(hive);
  CHECK(hive.logs.at(1).reason == "not used: it follows HIVE.LOG1, which has no valid entry");
}

TEST_CASE("a log that is cut off is applied as far as its whole entries go") {
  const Bytes primary = dirty(5);
  Bytes log = hvle_log(primary, 6, {step(6, 1), step(7, 2)});
  log.resize(log.size() - 512);
  const OpenedHive hive = open(primary, log);
  require_recovered(hive, 1);
  REQUIRE(hive.logs.at(0).entries.size() == 2);
  CHECK(hive.logs.at(0).entries[1].reason.substr(0, 8) == "cut off:");
  log.resize(600);
  require_dirty(open(primary, log));
  log.resize(511);
  require_dirty(open(primary, log));
}

TEST_CASE("sequence numbers may wrap within a log and between hive and logs") {
  const Bytes primary = with_sequences(hive_state(0), 0xffffffff, 0xfffffffe);
  const Bytes early = hvle_log(primary, 0xfffffffe, {step(0xfffffffe, 1), step(0xffffffff, 2)});
  const Bytes late = hvle_log(primary, 0, {step(0, 3), step(1, 4)});
  for (const bool swapped : {false, true}) {
    const OpenedHive hive = swapped ? open(primary, late, early) : open(primary, early, late);
    require_recovered(hive, 4);
    CHECK(hive.highest_sequence == 1);
    CHECK(hive.hive->base_block().sequence1 == 1);
  }
}

TEST_CASE("with a wrong checksum only the later log is applied and gives the base block") {
  Bytes primary = dirty(5);
  put_u32(primary, 4, 12345);
  put_u32(primary, 24, 99);
  const Bytes early = hvle_log(hive_state(0), 6, {step(6, 1)});
  const Bytes late = hvle_log(hive_state(0), 7, {step(7, 2)});
  const OpenedHive hive = open(primary, early, late);
  require_recovered(hive, 2);
  CHECK_FALSE(hive.checksum_ok);
  CHECK(hive.hive->base_block().minor_version == 5);
  CHECK_FALSE(hive.logs.at(0).used);
  CHECK(hive.logs.at(0).reason == "not needed: HIVE.LOG2 comes first");
}

TEST_CASE("a dirty hive without usable logs stays dirty and says why") {
  const Bytes primary = dirty(5);
  require_dirty(open(primary, {}, {}));

  const OpenedHive alone = open_with_logs(source(primary, "HIVE"), {});
  require_dirty(alone);
  CHECK(alone.reason == "sequence numbers 6 and 5 differ; no transaction log to recover from");

  SECTION("a log that was cut short while it was written") {
    Bytes log = hvle_log(primary, 6, {step(6, 1)});
    put_u32(log, 8, 5);
    seal(log);
    require_dirty(open(primary, log));
  }
  SECTION("a log with a wrong checksum") {
    Bytes log = hvle_log(primary, 6, {step(6, 1)});
    log[508] ^= 1;
    require_dirty(open(primary, log));
  }
  SECTION("a hive given as a log") { require_dirty(open(primary, hive_state(1))); }
  SECTION("something else given as a log") { require_dirty(open(primary, Bytes(5000, 'x'))); }
  SECTION("a log with a version or a size no hive has") {
    Bytes log = hvle_log(primary, 6, {step(6, 1)});
    put_u32(log, 24, 7);
    seal(log);
    require_dirty(open(primary, log));
    put_u32(log, 24, 5);
    put_u32(log, 40, 100);
    seal(log);
    require_dirty(open(primary, log));
  }
}

TEST_CASE("a log entry whose pages cannot be is not applied and nothing before it counts") {
  const Bytes primary = dirty(5);
  const auto bins = static_cast<std::uint32_t>(primary.size() - 4096);
  const Bytes page(4096, 0x41);
  std::vector<std::pair<Bytes, std::string>> cases{
      {hvle_entry(7, bins, {{bins, 4096}}, page), "log entry names a page outside the bins"},
      {hvle_entry(7, bins, {{bins - 2048, 4096}}, page), "log entry names a page outside the bins"},
      {hvle_entry(7, bins, {{0xfffff000, 4096}}, page), "log entry names a page outside the bins"},
      {hvle_entry(7, bins, {{4096, 0xfffff000}}, page), "log entry names a page outside the bins"},
      {hvle_entry(7, bins, {{4096, 0}}, page), "log entry names a page outside the bins"},
      {hvle_entry(7, bins, {{4096, 8192}}, page), "log entry names more data than it holds"},
      {hvle_entry(7, bins, {}, page), "log entry without pages"},
      {hvle_entry(7, bins + 1, {{4096, 4096}}, page), "bad size of the bins in a log entry"},
      {hvle_entry(7, 0xfffff000, {{4096, 4096}}, page), "bad size of the bins in a log entry"},
  };
  Bytes huge = hvle_entry(7, bins, {{4096, 4096}}, page);
  put_u32(huge, 20, 0xffffffff);
  cases.emplace_back(hvle_rehashed(huge), "log entry names more pages than it can hold");
  for (const auto& [entry, message] : cases) {
    INFO(message);
    const OpenedHive hive = open(primary, hvle_log(primary, 6, {step(6, 1), entry}));
    require_dirty(hive);
    REQUIRE(hive.logs.at(0).entries.size() == 2);
    CHECK(hive.logs.at(0).entries[0].reason == "taken back");
    CHECK(hive.logs.at(0).entries[1].reason == message);
  }
}

TEST_CASE("overlapping pages of an entry are laid one over the other in order") {
  const Bytes primary = dirty(5);
  const Bytes one = hive_state(1);
  const Bytes two = hive_state(2);
  const Bytes first = step(6, 1);
  const std::uint32_t offset = ByteView(first, 0, "entry").u32(40);
  const auto bins = static_cast<std::uint32_t>(primary.size() - 4096);
  Bytes data(one.begin() + 4096 + offset, one.begin() + 8192 + offset);
  data.insert(data.end(), two.begin() + 4096 + offset, two.begin() + 8192 + offset);
  const Bytes entry = hvle_entry(6, bins, {{offset, 4096}, {offset, 4096}}, data);
  require_recovered(open(primary, hvle_log(primary, 6, {entry})), 2);
}

TEST_CASE("a hive grows to the size its last entry states") {
  const Bytes small = hive_state(0);
  Bytes large = hive_state(3);
  const std::size_t old_size = small.size();
  large.resize(old_size + 8192);
  for (std::size_t at = old_size; at < large.size(); at += 4096) {
    const std::string_view magic = "hbin";
    std::copy(magic.begin(), magic.end(), large.begin() + static_cast<std::ptrdiff_t>(at));
    put_u32(large, at + 4, static_cast<std::uint32_t>(at - 4096));
    put_u32(large, at + 8, 4096);
    put_u32(large, at + 32, 4096 - 32);
  }
  put_u32(large, 40, static_cast<std::uint32_t>(large.size() - 4096));
  seal(large);
  const Bytes primary = dirty(5);

  SECTION("new format") {
    const OpenedHive hive = open(primary, hvle_log(small, 6, {hvle_entry(6, small, large)}));
    require_recovered(hive, 3);
    CHECK(hive.contents->size() == large.size());
    CHECK(hive.contents->read(4096, large.size() - 4096) ==
          Bytes(large.begin() + 4096, large.end()));
    CHECK(hive.recovered_pages.back().offset == old_size + 4096);
  }
  SECTION("old format") {
    const OpenedHive hive = open(primary, dirt_log(small, large, 6));
    require_recovered(hive, 3);
    CHECK(hive.contents->size() == large.size());
  }
  SECTION("bins that no page fills are no hive") {
    const auto bins = static_cast<std::uint32_t>(large.size() - 4096);
    const Bytes entry =
        hvle_entry(6, bins, {{0, 4096}}, Bytes(small.begin() + 4096, small.begin() + 8192));
    const OpenedHive hive = open(primary, hvle_log(small, 6, {entry}));
    require_dirty(hive);
    CHECK(hive.logs.at(0).reason.find("the recovered hive has a bad bin") != std::string::npos);
  }
}

TEST_CASE("a recovery that gives no sound hive is taken back") {
  const Bytes primary = dirty(5);
  Bytes wrecked = hive_state(1);
  std::fill(wrecked.begin() + 4096, wrecked.begin() + 8192, std::uint8_t{0});
  const OpenedHive hive =
      open(primary, hvle_log(primary, 6, {hvle_entry(6, hive_state(0), wrecked)}));
  require_dirty(hive);
  CHECK(hive.logs.at(0).reason.substr(0, 24) == "applied and taken back: ");
}

TEST_CASE("an old log is applied by its bitmap of sectors") {
  const Bytes primary = dirty(5);
  const OpenedHive hive = open(primary, dirt_log(primary, hive_state(1), 6));
  require_recovered(hive, 1);
  CHECK(hive.contents->read(0, primary.size()) == with_sequences(hive_state(1), 6, 6));
  CHECK(hive.logs.at(0).format == "DIRT");
  REQUIRE(hive.logs.at(0).entries.size() == 1);
  CHECK(hive.logs.at(0).entries[0].applied);
  CHECK(hive.logs.at(0).entries[0].pages == 1);
}

TEST_CASE("of two old logs the later one is applied and of equals the first") {
  const Bytes primary = dirty(5);
  const FileTime time = ByteView(primary, 0, "H").u64(12);
  const Bytes log1 = dirt_log(primary, hive_state(1), 6);
  const Bytes log2 = dirt_log(primary, hive_state(2), 6);
  require_recovered(open(primary, log1, log2), 1);
  require_recovered(open(primary, log1, with_time(log2, time + 1)), 2);
  require_recovered(open(primary, with_time(log1, time - 1), log2), 2);
  const OpenedHive stale = open(primary, with_time(log1, time - 1));
  require_dirty(stale);
  CHECK(stale.logs.at(0).reason.substr(0, 20) == "older than the hive:");
}

TEST_CASE("an old log that is not whole is not applied at all") {
  const Bytes primary = dirty(5);
  const Bytes log = dirt_log(primary, hive_state(1), 6);
  const auto broken = [&](auto edit) {
    Bytes copy = log;
    edit(copy);
    const OpenedHive hive = open(primary, copy);
    require_dirty(hive);
    return hive.logs.at(0).reason;
  };
  CHECK(broken([](Bytes& l) { l[512] = 'd'; }) == "no \"DIRT\" signature at 0x200");
  CHECK(broken([](Bytes& l) { l.resize(l.size() - 1); }).substr(0, 8) == "cut off:");
  CHECK(broken([](Bytes& l) { l.resize(517); }).substr(0, 8) == "cut off:");
  CHECK(broken([](Bytes& l) { std::fill(l.begin() + 516, l.begin() + 1024, std::uint8_t{0}); }) ==
        "its bitmap names no changed sector");
  CHECK(broken([](Bytes& l) {
          put_u32(l, 40, 0x7ffff000);
          seal(l);
        }).substr(0, 8) == "cut off:");
}

TEST_CASE("with a wrong checksum an old log is compared with the time of the first bin") {
  Bytes primary = dirty(5);
  primary[508] ^= 1;
  const FileTime time = ByteView(primary, 0, "H").u64(12);
  put_u64(primary, 4096 + 20, time);
  const Bytes log = dirt_log(primary, hive_state(1), 6);
  require_recovered(open(primary, log), 1);
  put_u64(primary, 4096 + 20, time + 1);
  require_dirty(open(primary, log));
}

TEST_CASE("new logs come before old ones and numbered logs before the single one") {
  const Bytes primary = dirty(5);
  const auto old_log = [&](std::uint32_t n) { return dirt_log(primary, hive_state(n), 6); };
  const auto new_log = [&](std::uint32_t n) { return hvle_log(primary, 6, {step(6, n)}); };
  const auto apply = [&](const Bytes& log, const Bytes& log1, const Bytes& log2) {
    return open_with_logs(source(primary, "HIVE"),
                          {source(log, "LOG"), source(log1, "LOG1"), source(log2, "LOG2")});
  };
  require_recovered(apply(old_log(1), old_log(2), new_log(3)), 3);
  require_recovered(apply(new_log(1), new_log(2), old_log(3)), 2);
  require_recovered(apply(new_log(1), old_log(2), old_log(3)), 1);
  require_recovered(apply(old_log(1), {}, old_log(3)), 3);
  require_recovered(apply(old_log(1), {}, {}), 1);
}

TEST_CASE("what cannot be read as a hive is damaged and says why") {
  const auto damaged = [](const Bytes& file) {
    const OpenedHive hive = open(file, {});
    REQUIRE(hive.state == HiveState::damaged);
    CHECK_FALSE(hive.hive);
    CHECK_FALSE(hive.contents);
    REQUIRE(hive.error);
    CHECK(hive.reason == hive.error->what());
    return hive.error->message();
  };
  CHECK(damaged({}) == "too short for a registry hive");
  CHECK(damaged(Bytes(100000, 'x')) == "not a registry hive");
  const Bytes primary = dirty(5);
  CHECK(damaged(hvle_log(primary, 6, {step(6, 1)})) == "a transaction log, not a hive");
  CHECK(damaged(dirt_log(primary, hive_state(1), 6)) == "a transaction log, not a hive");
  Bytes cut = hive_state(0);
  cut.resize(cut.size() - 4096);
  CHECK(damaged(cut) == "the hive is cut off");
  Bytes rootless = hive_state(0);
  rootless[4096 + 36] = 'x';
  CHECK_FALSE(damaged(rootless).empty());
}

TEST_CASE("states have the names of the report") {
  CHECK(std::string(to_string(HiveState::clean)) == "clean");
  CHECK(std::string(to_string(HiveState::recovered)) == "recovered");
  CHECK(std::string(to_string(HiveState::dirty)) == "dirty");
  CHECK(std::string(to_string(HiveState::damaged)) == "damaged");
}
