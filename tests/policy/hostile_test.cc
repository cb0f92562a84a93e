// A verdict is never a guess: damage may take a verdict away or leave it, but never reverse it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>

#include "fixtures/hostile/hostile.h"
#include "src/policy/checks.h"
#include "src/windows/inspect.h"
#include "tests/support/memory_tree.h"

using namespace goldhive;
using policy::Verdict;

namespace {

using Verdicts = std::map<std::string, Verdict>;

std::map<std::string, Bytes> tree(const Bytes& software, const Bytes& system) {
  return {{"Windows/System32/config/SOFTWARE", software},
          {"Windows/System32/config/SYSTEM", system}};
}

/// By check, view and subject; every row but the states of the hives themselves.
Verdicts judge(std::map<std::string, Bytes> files) {
  static const policy::Policy baseline =
      policy::parse_policy(policy::builtin_policy_text("baseline"), "baseline");
  Volume volume;
  volume.tree = std::make_shared<testing::MemoryTree>(std::move(files));
  Verdicts out;
  for (const auto& installation : windows::inspect(volume, "t", {})) {
    for (const auto& f : policy::evaluate(installation, baseline, "2026-01-01")) {
      if (f.id == "hive.state") continue;
      out[fmt::format("{} {} {}", f.id, f.view ? windows::to_string(*f.view) : "", f.subject)] =
          f.verdict;
    }
  }
  return out;
}

/// Damage that gives the bytes another clear meaning; Windows reads them in the same way.
bool says_something_else(std::string_view name) {
  constexpr std::array plain = {
      "value-length-zero",     // a REG_DWORD without data is no protocols
      "protocols-count-zero",  // a key that counts no subkeys has none, whatever its list field
                               // says
  };
  return std::find(plain.begin(), plain.end(), name) != plain.end();
}

}  // namespace

TEST_CASE("damage to a hive takes verdicts away and never turns one round") {
  const Verdicts good = judge(tree(fixtures::good_software(), fixtures::good_system()));
  REQUIRE(good.size() == 6);
  for (const auto& [row, verdict] : good) CHECK(verdict == Verdict::pass);

  for (const fixtures::HostileHive& hostile : fixtures::hostile_hives()) {
    CAPTURE(hostile.name);
    const Verdicts damaged = judge(hostile.system ? tree(fixtures::good_software(), hostile.make())
                                                  : tree(hostile.make(), fixtures::good_system()));
    CHECK_FALSE(damaged.empty());
    for (const auto& [row, verdict] : damaged) {
      CAPTURE(row);
      if (says_something_else(hostile.name)) continue;
      CHECK((verdict == Verdict::pass || verdict == Verdict::undetermined));
    }
  }
}

TEST_CASE("what a row rests on is checked on the way to it") {
  // Damage that Windows mends or ignores, and damage that no row of the baseline depends on.
  const std::set<std::string_view> no_matter = {
      // Windows mends these when it loads the hive.
      "security-references",
      "security-references-most",
      "security-ring",
      // No row asks for a class name, a key below Wide or a value below Values.
      "key-class-outside",
      "key-class-too-long",
      "subkey-count-less",
      "list-duplicate",
      "index-itself",
      "index-entry-outside",
      "index-entry-key",
      "index-count-huge",
      "index-count-zero",
      "index-leaf-twice",
      "value-length-huge",
      "value-data-too-long",
      "value-data-outside",
      "value-data-itself",
      "big-signature",
      "big-count-zero",
      "big-count-huge",
      "big-list-outside",
      "big-segment-outside",
      "big-segment-itself",
      "big-length-more",
      "big-length-huge",
      // The bytes say something else: the rows say it.
      "value-length-zero",
      "protocols-count-zero",
      "select-default-string",
  };
  for (const fixtures::HostileHive& hostile : fixtures::hostile_hives()) {
    CAPTURE(hostile.name);
    const Verdicts damaged = judge(hostile.system ? tree(fixtures::good_software(), hostile.make())
                                                  : tree(hostile.make(), fixtures::good_system()));
    const bool taken = std::any_of(damaged.begin(), damaged.end(), [](const auto& row) {
      return row.second == Verdict::undetermined;
    });
    CHECK(taken != no_matter.contains(hostile.name));
  }
}

TEST_CASE("damage to logs takes verdicts away and never turns one round") {
  for (const fixtures::HostileLogs& hostile : fixtures::hostile_logs()) {
    CAPTURE(hostile.name);
    const fixtures::DirtyHive dirty = hostile.make();
    auto files = tree(dirty.primary, fixtures::good_system());
    files["Windows/System32/config/SOFTWARE.LOG1"] = dirty.log1;
    files["Windows/System32/config/SOFTWARE.LOG2"] = dirty.log2;
    for (const auto& [row, verdict] : judge(std::move(files))) {
      CAPTURE(row);
      CHECK((verdict == Verdict::pass || verdict == Verdict::undetermined));
    }
  }
}
