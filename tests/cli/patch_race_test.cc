// Other programs at work while a patch runs: between its reading and its writing, and between two
// readings.
#include <catch2/catch.hpp>

#include "fixtures/recipe.h"
#include "src/patch/patch_target.h"
#include "src/policy/plan.h"
#include "src/policy/policy.h"
#include "tests/support/faulty_storage.h"
#include "tests/support/recording_storage.h"

namespace goldhive::tests {
namespace {

using goldhive::testing::FaultyStorage;
using goldhive::testing::RecordingStorage;

const std::string tree = "/disk/win7";
const std::string software = tree + "/SOFTWARE";

/// A tree on a disk in memory, whose every call a test may come before.
struct Race {
  Race() {
    for (const auto& [path, content] : fixtures::load_recipe("layout-flat").files) {
      disk().put(tree + "/" + path, content);
    }
    settings.target.policy = &policy;
    settings.target.today = "2026-01-31";
    settings.edit.now = 131000000000000000;
    settings.edit.cross_check = false;
  }
  FaultyStorage& disk() { return static_cast<FaultyStorage&>(storage.base()); }
  report::TargetReport patch() { return patch::patch_target(storage, tree, tree, settings); }

  const policy::Policy policy = policy::builtin_policy("baseline");
  patch::PatchSettings settings;
  RecordingStorage storage{std::make_unique<FaultyStorage>()};
};

}  // namespace

TEST_CASE("A hive that another program changes before it is locked is not patched") {
  Race race;
  const Bytes before = race.disk().contents(software);
  Bytes other = before;
  other.back() ^= 0xff;
  race.storage.before_each([&](const RecordingStorage::Call& call, Storage&) {
    if (call.name == "open_write" && call.path == software) race.disk().put(software, other);
  });
  const report::TargetReport report = race.patch();
  REQUIRE(report.error);
  CHECK(report.error->kind() == ErrorKind::refused);
  CHECK_THAT(
      report.error->what(),
      Catch::Contains("SOFTWARE: was changed by another program while it was being patched"));
  CHECK(race.disk().contents(software) == other);
  CHECK_FALSE(race.disk().exists(software + ".goldhive-journal"));
  CHECK_FALSE(race.disk().exists(tree + "/goldhive-journal"));
}

TEST_CASE(
    "Snapshots of one tree by hard links are patched once, and each shows the state after it") {
  Race race;
  for (const char* snapshot : {"/disk/lib/day1/", "/disk/lib/day2/"}) {
    for (const char* name : {"SOFTWARE", "SYSTEM"}) {
      REQUIRE(race.disk().link(tree + "/" + name, std::string(snapshot) + name));
    }
  }
  race.settings.links = patch::Links::change_all;
  const report::TargetReport report =
      patch::patch_target(race.storage, "/disk/lib", "/disk/lib", race.settings);
  CHECK_FALSE(report.error);
  REQUIRE(report.installations.size() == 2);
  for (const report::InstallationReport& row : report.installations) {
    INFO(row.facts.id);
    CHECK_FALSE(row.refusal);
    CHECK(row.changed.value_or(false));
    CHECK_FALSE(row.changes->empty());
    INFO(policy::first_difference(report.installations.front().findings, row.findings));
    CHECK(policy::first_difference(report.installations.front().findings, row.findings).empty());
    CHECK(row.status == report.installations.front().status);
  }
  CHECK(std::any_of(report.notes.begin(), report.notes.end(), [](const std::string& note) {
    return note.find("is the same file as /disk/lib/day1/S") != std::string::npos;
  }));
  race.settings.links = patch::Links::refuse;
  const report::TargetReport again =
      patch::patch_target(race.storage, "/disk/lib", "/disk/lib", race.settings);
  for (const report::InstallationReport& row : again.installations) CHECK(row.changes->empty());
}

TEST_CASE("A second patch between the reading and the lock of the first loses nothing") {
  Race race;
  bool second_ran = false;
  race.storage.before_each([&](const RecordingStorage::Call& call, Storage& base) {
    if (call.name != "open_write" || call.path != software || second_ran) return;
    second_ran = true;
    CHECK_FALSE(patch::patch_target(base, tree, tree, race.settings).error);
  });
  const report::TargetReport first = race.patch();
  REQUIRE(second_ran);
  REQUIRE(first.error);
  CHECK(first.error->kind() == ErrorKind::refused);
  race.storage.before_each(nullptr);
  const report::TargetReport again = race.patch();
  CHECK_FALSE(again.error);
  for (const report::InstallationReport& row : again.installations) CHECK(row.changes->empty());
}

TEST_CASE("The hives are locked before the edit reads them, until the patch ends") {
  Race race;
  std::size_t refused = 0, allowed = 0;
  bool locked = false;
  race.storage.before_each([&](const RecordingStorage::Call& call, Storage& base) {
    if (call.name == "open_write" && call.path == software) locked = true;
    if (!locked || call.name != "open") return;
    try {
      base.open_write(software);
      ++allowed;
    } catch (const Error&) {
      ++refused;
    }
  });
  CHECK_FALSE(race.patch().error);
  CHECK(refused > 0);
  CHECK(allowed == 0);
}

TEST_CASE("A hive that reads back otherwise in any byte is rolled back") {
  // What the patch writes, from a run that nothing disturbs.
  Race calm;
  const Bytes before = calm.disk().contents(software);
  REQUIRE_FALSE(calm.patch().error);
  const Bytes after = calm.disk().contents(software);
  constexpr std::size_t page = 4096;
  std::size_t tried = 0, by_comparison = 0;
  for (std::size_t at = page; at + 1 < after.size(); ++at) {
    // Of the pages that were written the signature of each key, which the structure needs, and some
    // bytes that neither the structure nor a finding may need. The other pages were read before.
    if (at % 97 != 0 && (after[at] != 'n' || after[at + 1] != 'k')) continue;
    const std::size_t start = at / page * page;
    const std::size_t end = std::min(start + page, before.size());
    if (end > start && std::equal(before.begin() + static_cast<std::ptrdiff_t>(start),
                                  before.begin() + static_cast<std::ptrdiff_t>(end),
                                  after.begin() + static_cast<std::ptrdiff_t>(start))) {
      continue;
    }
    Bytes broken = after;
    broken[at] ^= 0x10;
    Race race;
    race.storage.before_each([&](const RecordingStorage::Call& call, Storage&) {
      const bool read = call.name == "open" && call.path == software;
      if (read && race.disk().contents(software) == after) race.disk().put(software, broken);
    });
    const report::TargetReport report = race.patch();
    ++tried;
    INFO("at " << at);
    CHECK(report.error);
    const std::string said = report.error ? report.error->what() : "";
    if (said.find("does not read back as it was checked (at ") != std::string::npos) {
      ++by_comparison;
    }
  }
  CHECK(tried > 0);
  CHECK(by_comparison > tried / 2);
}

TEST_CASE("A hive with other names is patched only as the user says") {
  Race race;
  const std::string snapshot = "/disk/yesterday/SOFTWARE";
  REQUIRE(race.disk().link(software, snapshot));
  const Bytes before = race.disk().contents(software);
  SECTION("not at all, unless told how") {
    const report::TargetReport report = race.patch();
    REQUIRE(report.error);
    CHECK(report.error->kind() == ErrorKind::refused);
    CHECK_THAT(report.error->what(), Catch::Contains("has 1 more name ") &&
                                         Catch::Contains("--break-links") &&
                                         Catch::Contains("--all-links"));
    CHECK(race.disk().contents(software) == before);
  }
  SECTION("all names") {
    race.settings.links = patch::Links::change_all;
    CHECK_FALSE(race.patch().error);
    CHECK(race.disk().contents(software) != before);
    CHECK(race.disk().contents(snapshot) == race.disk().contents(software));
  }
  SECTION("this name alone") {
    race.settings.links = patch::Links::break_off;
    CHECK_FALSE(race.patch().error);
    CHECK(race.disk().contents(software) != before);
    CHECK(race.disk().contents(snapshot) == before);
    CHECK(race.disk().stat(snapshot)->links == 1);
    CHECK_FALSE(race.disk().exists(software + ".goldhive-new"));
  }
  SECTION("which nobody asks where there is nothing to change") {
    race.settings.links = patch::Links::change_all;
    REQUIRE_FALSE(race.patch().error);
    race.settings.links = patch::Links::refuse;
    CHECK_FALSE(race.patch().error);
  }
}

}  // namespace goldhive::tests
