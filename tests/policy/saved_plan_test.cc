#include "src/policy/saved_plan.h"

#include <catch2/catch.hpp>

#include "imgtools/bytes/error.h"
#include "tests/policy/literal_facts.h"

namespace goldhive::policy {
namespace {

using namespace goldhive::testing;
using windows::Architecture;
using windows::Family;
using windows::Installation;
using windows::View;

std::vector<Edit> edits_of(const Installation& i, const char* policy = "baseline") {
  return make_plan(i, evaluate(i, builtin_policy(policy), today), {});
}

Installation named(Installation i, const std::string& id) {
  i.id = id;
  return i;
}

SavedPlan::Entry entry(const std::string& target, const std::string& rest, const Installation& i,
                       const char* policy = "baseline") {
  return {target, target + rest, system_of(i), edits_of(i, policy)};
}

/// The ids of the entries that the installations of `path` get; "-" for none. An error's message.
std::vector<std::string> assigned(const SavedPlan& plan, const std::string& path,
                                  const std::vector<Installation>& found) {
  std::vector<const Installation*> installations;
  for (const Installation& i : found) installations.push_back(&i);
  std::vector<std::string> ids;
  try {
    for (const SavedPlan::Entry* one : assign(plan, path, installations)) {
      ids.push_back(one != nullptr ? one->installation : "-");
    }
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::refused);
    CHECK(e.where() == path);
    return {e.message()};
  }
  return ids;
}

using Ids = std::vector<std::string>;

TEST_CASE("A saved plan goes to its target, and to a copy of it under any name") {
  const SavedPlan plan{"baseline", {entry("lab/win7.vhd", ":p2", windows_7())}};
  CHECK(assigned(plan, "lab/win7.vhd", {named(windows_7(), "lab/win7.vhd:p2")}) ==
        Ids{"lab/win7.vhd:p2"});
  CHECK(assigned(plan, "./lab/win7.vhd", {named(windows_7(), "./lab/win7.vhd:p2")}) ==
        Ids{"lab/win7.vhd:p2"});
  CHECK(assigned(plan, "copy", {named(windows_7(), "copy")}) == Ids{"lab/win7.vhd:p2"});
}

TEST_CASE("An installation of the same id gets its entry, whatever it holds") {
  const SavedPlan plan{"baseline", {entry("a", "", windows_7())}};
  CHECK(assigned(plan, "a", {named(compliant_windows_7(), "a")}) == Ids{"a"});
}

TEST_CASE("Of several installations the one at the same place is meant, else the only one") {
  const SavedPlan plan{"baseline", {entry("old.wim", "@2", windows_7())}};
  const Installation done = named(compliant_windows_7(), "new.wim@1");
  const Installation second = named(windows_7(), "new.wim@2");
  const Installation third = named(windows_7(), "new.wim@3");
  CHECK(assigned(plan, "new.wim", {done, second, third}) == Ids{"-", "old.wim@2", "-"});
  CHECK(assigned(plan, "new.wim", {done, third}) == Ids{"-", "old.wim@2"});
  const Ids unsure = assigned(plan, "new.wim", {named(windows_7(), "new.wim@1"), third});
  REQUIRE(unsure.size() == 1);
  CHECK_THAT(unsure[0], Catch::Contains("fit 2 installations of this target (new.wim@1, "
                                        "new.wim@3): name the one that is meant"));
}

TEST_CASE("A plan of many targets goes to a copy of any of them") {
  const SavedPlan plan{"baseline", {entry("a", "", windows_7()), entry("b", "", windows_7())}};
  CHECK(assigned(plan, "c", {named(windows_7(), "c")}).size() == 1);
  CHECK(assigned(plan, "c", {named(windows_7(), "c")})[0] != "-");
}

TEST_CASE("Two entries that fit and differ leave no choice") {
  const SavedPlan plan{"mixed",
                       {entry("a", "", windows_7()), entry("b", "", windows_7(), "tls12-only")}};
  const Ids got = assigned(plan, "c", {named(windows_7(), "c")});
  REQUIRE(got.size() == 1);
  CHECK_THAT(got[0], Catch::Contains("would make different changes: those for a and for b"));
  CHECK(assigned(plan, "b", {named(windows_7(), "b")}) == Ids{"b"});
}

TEST_CASE("A plan that fits nothing says in which respect") {
  struct Case {
    const char* why;
    Installation here;
  };
  Installation other_value = windows_7();
  set_dword(secure_protocols(other_value, View::native), 0x80);
  Installation unreadable = windows_7();
  set_unknown(secure_protocols(unreadable, View::native), "damaged");
  const Case cases[] = {
      {"is for Windows 6.1.7601 amd64, and this is 6.1.7601 x86",
       fresh(Family::windows_7, 7601, Architecture::x86)},
      {"is for Windows 6.1.7601 amd64, and this is 6.2.9200 amd64", fresh(Family::windows_8, 9200)},
      {"expects no value at SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet "
       "Settings\\WinHttp\\DefaultSecureProtocols, and here is 0x80",
       other_value},
      {"here is 0xa00, which it would set", compliant_windows_7()},
      {"could not be read here", unreadable},
  };
  const SavedPlan plan{"baseline", {entry("a", "", windows_7())}};
  for (const Case& one : cases) {
    INFO(one.why);
    const Ids got = assigned(plan, "x", {named(one.here, "x")});
    REQUIRE(got.size() == 1);
    CHECK_THAT(got[0], Catch::StartsWith("the plan does not fit x: its entry for a ") &&
                           Catch::Contains(one.why));
  }
}

TEST_CASE("A plan of goldhive 0.1.0 fits the target of the same name alone") {
  SavedPlan plan{"baseline", {entry("a", "", windows_7())}};
  plan.entries[0].system.clear();
  CHECK(assigned(plan, "a", {named(windows_7(), "a")}) == Ids{"a"});
  CHECK_THAT(assigned(plan, "b", {named(windows_7(), "b")})[0],
             Catch::Contains("was saved by an older goldhive"));
}

}  // namespace
}  // namespace goldhive::policy
