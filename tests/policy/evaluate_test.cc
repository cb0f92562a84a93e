#include <catch2/catch.hpp>
#include <set>

#include "imgtools/bytes/error.h"
#include "src/policy/glob.h"
#include "tests/policy/literal_facts.h"

namespace goldhive::policy {
namespace {

using namespace goldhive::testing;
using windows::Family;
using windows::HiveName;

std::vector<Finding> judged(const windows::Installation& i, const char* policy = "baseline") {
  return evaluate(i, builtin_policy(policy), today);
}

bool all_are(const std::vector<Finding>& rows, Verdict verdict) {
  return std::all_of(rows.begin(), rows.end(),
                     [&](const Finding& row) { return row.verdict == verdict; });
}

TEST_CASE("A Windows 7 with everything in place passes every row") {
  for (const auto& row : judged(compliant_windows_7())) {
    INFO(row.id << ": " << row.message);
    CHECK(row.verdict == Verdict::pass);
    CHECK(row.severity == Severity::info);
    CHECK(!row.fixable());
  }
}

TEST_CASE("The verdict families of every Windows are those of the matrix") {
  using V = Verdict;
  struct Case {
    Family family;
    std::uint32_t build;
    V level, kb, winhttp, tls11, tls12;
  };
  const V na = V::not_applicable;
  const std::vector<Case> cases = {
      {Family::nt_4, 1381, na, na, na, na, na},
      {Family::windows_2000, 2195, na, na, na, na, na},
      {Family::xp, 2600, na, na, na, na, na},
      {Family::xp, 3790, na, na, na, na, na},
      {Family::vista, 6002, na, na, na, na, na},
      {Family::vista, 6003, na, na, na, na, na},
      {Family::windows_7, 7600, V::fail, V::fail, V::fail, V::fail, V::fail},
      {Family::windows_7, 7601, V::pass, V::fail, V::fail, V::fail, V::fail},
      {Family::windows_8, 9200, na, V::fail, V::fail, V::pass, V::pass},
      {Family::windows_8_1, 9600, na, na, V::pass, V::pass, V::pass},
      {Family::windows_10, 10240, na, na, V::pass, V::pass, V::pass},
      {Family::windows_10, 19045, na, na, V::pass, V::pass, V::pass},
      {Family::windows_10, 22631, na, na, V::pass, na, V::pass},
      {Family::winpe, 7601, na, na, na, na, na},
  };
  for (const Case& c : cases) {
    const auto findings = judged(fresh(c.family, c.build));
    const auto expect = [&](std::string_view id, Verdict verdict) {
      const auto rows = rows_of(findings, id);
      INFO(to_string(c.family) << " " << c.build << " " << id);
      REQUIRE(!rows.empty());
      CHECK(all_are(rows, verdict));
      for (const auto& row : rows) CHECK(!row.message.empty());
    };
    expect("os.servicing-level", c.level);
    expect("servicing.kb3140245", c.kb);
    expect("winhttp.default-secure-protocols", c.winhttp);
    expect("schannel.tls11.client", c.tls11);
    expect("schannel.tls12.client", c.tls12);
  }
}

TEST_CASE("Where no check applies even sound hives make nothing compliant") {
  CHECK(all_are(judged(fresh(Family::winpe, 7601)), Verdict::not_applicable));
  CHECK(all_are(judged(fresh(Family::vista, 6002)), Verdict::not_applicable));
}

TEST_CASE("An unknown Windows gets no verdict but undetermined") {
  auto i = compliant_windows_7();
  i.os.family = Family::unknown;
  i.os.build = 0;
  for (const char* policy : {"baseline", "tls12-only"}) {
    for (const auto& row : judged(i, policy)) {
      if (row.id == "hive.state") continue;
      CHECK(row.verdict == Verdict::undetermined);
      CHECK(row.message.find("would settle it") != std::string::npos);
    }
  }
}

TEST_CASE("Hives of two machines side by side are said to contradict each other") {
  auto i = compliant_windows_7();
  i.os.family = Family::unknown;
  i.os.conflicts = {"SOFTWARE says version 6.1, ntoskrnl.exe is 6.2.9200"};
  const Finding row = rows_of(judged(i), "winhttp.default-secure-protocols").at(0);
  CHECK(row.verdict == Verdict::undetermined);
  CHECK(row.message.find("ntoskrnl.exe is 6.2.9200") != std::string::npos);
}

TEST_CASE("A lone SYSTEM hive of Windows 7 fails TLS 1.1 and 1.2 and leaves the rest open") {
  auto i = windows_7();
  remove_hive(i, HiveName::software);
  for (auto& f : i.servicing.files) {
    f.presence = windows::Presence::unknown;
    f.version.reset();
  }
  const auto findings = judged(i);
  CHECK(all_are(rows_of(findings, "schannel.tls11.client"), Verdict::fail));
  CHECK(all_are(rows_of(findings, "schannel.tls12.client"), Verdict::fail));
  CHECK(all_are(rows_of(findings, "winhttp.default-secure-protocols"), Verdict::undetermined));
  CHECK(all_are(rows_of(findings, "servicing.kb3140245"), Verdict::undetermined));
  const auto hives = rows_of(findings, "hive.state");
  REQUIRE(hives.size() == 2);
  CHECK(hives[0].subject == "SOFTWARE");
  CHECK(hives[0].verdict == Verdict::undetermined);
  CHECK(hives[1].verdict == Verdict::pass);
}

TEST_CASE("A dirty hive gives no verdict and the other, clean one does") {
  for (auto i : {windows_7(), compliant_windows_7()}) {
    const auto clean = judged(i);
    i.hives.at(1).state = hive::HiveState::dirty;
    const auto findings = judged(i);
    REQUIRE(findings.size() == clean.size());
    for (std::size_t n = 0; n < findings.size(); ++n) {
      const Finding& row = findings[n];
      INFO(row.id << ": " << row.message);
      if (row.id == "hive.state") continue;
      const bool from_system = find_check(row.id)->draws_on == DrawsOn::system;
      CHECK(row.possibly_stale == from_system);
      if (!from_system) {
        CHECK(row.verdict == clean[n].verdict);
        continue;
      }
      CHECK(row.verdict == Verdict::undetermined);
      CHECK(row.severity != Severity::info);
      CHECK(row.message.find("SYSTEM is dirty") == 0);
      CHECK(row.message.find("without them: " + clean[n].message) != std::string::npos);
      // --force-dirty patches it all the same.
      CHECK(row.edits.size() == clean[n].edits.size());
    }
  }
}

TEST_CASE("A dirty hive changes no row that files decide and none that does not apply") {
  auto i = compliant_windows_7();
  i.hives.at(0).state = hive::HiveState::dirty;
  const Finding kb = rows_of(judged(i), "servicing.kb3140245").at(0);
  CHECK(kb.verdict == Verdict::pass);
  CHECK_FALSE(kb.possibly_stale);
  CHECK(rows_of(judged(i), "os.servicing-level").at(0).verdict == Verdict::undetermined);
  for (auto& file : i.servicing.files) file.presence = windows::Presence::unknown;
  CHECK(rows_of(judged(i), "servicing.kb3140245").at(0).verdict == Verdict::undetermined);
  i = fresh(Family::vista, 6002);
  i.hives.at(0).state = hive::HiveState::dirty;
  CHECK(all_are(rows_of(judged(i), "winhttp.default-secure-protocols"), Verdict::not_applicable));
}

TEST_CASE("A dirty hive whose logs are left out on purpose is judged by its bytes and marked") {
  auto i = windows_7();
  i.hives.at(1).state = hive::HiveState::dirty;
  i.hives.at(1).logs_ignored = true;
  const Finding row = rows_of(judged(i), "schannel.tls12.client").at(0);
  CHECK(row.verdict == Verdict::fail);
  CHECK(row.possibly_stale);
}

TEST_CASE("The state of a dirty hive is said with its reason") {
  auto i = windows_7();
  i.hives.at(1).state = hive::HiveState::dirty;
  i.hives.at(1).reason = "sequence numbers differ";
  const auto findings = judged(i);
  const Finding state = rows_of(findings, "hive.state").at(1);
  CHECK(state.verdict == Verdict::warn);
  CHECK(state.message.find("sequence numbers differ") != std::string::npos);
}

TEST_CASE("A recovered hive is as good as a clean one and a damaged one settles nothing") {
  auto i = windows_7();
  i.hives.at(0).state = hive::HiveState::recovered;
  i.hives.at(1).state = hive::HiveState::damaged;
  i.control_sets = {};
  i.schannel.clear();
  const auto findings = judged(i);
  const auto states = rows_of(findings, "hive.state");
  CHECK(states.at(0).verdict == Verdict::pass);
  CHECK(states.at(1).verdict == Verdict::undetermined);
  CHECK(!rows_of(findings, "winhttp.default-secure-protocols").at(0).possibly_stale);
  CHECK(rows_of(findings, "schannel.tls12.client").at(0).message.find("SYSTEM is damaged") == 0);
}

TEST_CASE("A suspicious volume is said and makes every verdict possibly stale") {
  auto i = compliant_windows_7();
  CHECK(rows_of(judged(i), "volume.state").empty());
  i.volume.hibernated = true;
  auto findings = judged(i);
  CHECK(rows_of(findings, "volume.state").at(0).verdict == Verdict::warn);
  CHECK(rows_of(findings, "servicing.kb3140245").at(0).possibly_stale);
  i.volume.encrypted = true;
  findings = judged(i);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].id == "volume.state");
  CHECK(findings[0].verdict == Verdict::undetermined);
}

TEST_CASE("Keys and values that Windows never reads are warned of one by one") {
  auto i = compliant_windows_7();
  i.ignored.push_back({"HKLM\\SYSTEM\\CurrentControlSet", "", "never read from the file", 42});
  i.ignored.push_back({"HKLM\\SOFTWARE\\X", "Enable", "read under another name", 42});
  const auto rows = rows_of(judged(i), "registry.stray-key");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].verdict == Verdict::warn);
  CHECK(rows[0].key == "HKLM\\SYSTEM\\CurrentControlSet");
  CHECK(rows[0].message == "HKLM\\SYSTEM\\CurrentControlSet: never read from the file");
  CHECK(rows[1].value == "Enable");
  CHECK(rows[1].message == "HKLM\\SOFTWARE\\X, value \"Enable\": read under another name");
}

TEST_CASE("Sources that disagree about the Windows are said") {
  auto i = compliant_windows_7();
  i.os.conflicts.push_back("SYSTEM says AMD64, ntoskrnl.exe is x86");
  const Finding row = rows_of(judged(i), "os.servicing-level").at(0);
  CHECK(row.verdict == Verdict::warn);
  CHECK(row.message.find("ntoskrnl.exe is x86") != std::string::npos);
}

TEST_CASE("A waiver counts to its last day and an expired one is said") {
  Policy policy = builtin_policy("baseline");
  policy.waivers.push_back({"servicing.kb3140245", "*", "update in July", "2026-06-15"});
  auto row = rows_of(evaluate(windows_7(), policy, "2026-06-15"), "servicing.kb3140245").at(0);
  CHECK(row.waived);
  CHECK(row.waiver_reason == "update in July (until 2026-06-15)");
  CHECK(row.verdict == Verdict::fail);
  row = rows_of(evaluate(windows_7(), policy, "2026-06-16"), "servicing.kb3140245").at(0);
  CHECK(!row.waived);
  CHECK(row.evidence.back().find("expired on 2026-06-15") != std::string::npos);
  CHECK_THROWS_AS(evaluate(windows_7(), policy, "June"), Error);
}

TEST_CASE("A waiver is for the installations its glob names and never for what is not known") {
  Policy policy = builtin_policy("baseline");
  policy.waivers.push_back({"servicing.kb3140245", "other*", "not this one", "2030-01-01"});
  CHECK(!rows_of(evaluate(windows_7(), policy, today), "servicing.kb3140245").at(0).waived);
  policy.waivers.push_back({"hive.state", "*", "we do not want to know", "2030-01-01"});
  auto i = windows_7();
  remove_hive(i, HiveName::system);
  CHECK(!rows_of(evaluate(i, policy, today), "hive.state").at(1).waived);
}

TEST_CASE("A waiver names the path of its target, a tail of it, or the id") {
  struct Case {
    const char* glob;
    bool meets;
  };
  auto i = windows_7();
  i.target = "images/lab/win7.wim";
  i.id = i.target + "@2";
  for (const Case& one : {Case{"*", true}, Case{"win7.wim", true}, Case{"win7.wim@2", true},
                          Case{"lab/win7.wim", true}, Case{"lab/*@2", true}, Case{"*.wim", true},
                          Case{"images/lab/win7.wim", true}, Case{"images/lab/win7.wim@2", true},
                          Case{"win7.wim@1", false}, Case{"in7.wim", false}, Case{"lab", false},
                          Case{"images", false}, Case{"win7", false}, Case{"@2", false}}) {
    INFO(one.glob);
    Policy policy = builtin_policy("baseline");
    policy.waivers.push_back({"servicing.kb3140245", one.glob, "known", "2030-01-01"});
    const Finding row = rows_of(evaluate(i, policy, today), "servicing.kb3140245").at(0);
    CHECK(row.waived == one.meets);
    CHECK(row.waiver.has_value() == one.meets);
  }
}

TEST_CASE("The policy's severity is laid over the check's") {
  Policy policy = builtin_policy("baseline");
  policy.severities = {{"servicing.kb3140245", Severity::critical},
                       {"schannel.tls12.client", Severity::low}};
  auto i = windows_7();
  add_control_set(i, 2);
  set_dword(schannel(i, 1, "TLS 1.2").disabled_by_default, 0);
  const auto findings = evaluate(i, policy, today);
  CHECK(rows_of(findings, "servicing.kb3140245").at(0).severity == Severity::critical);
  CHECK(rows_of(findings, "schannel.tls12.client").at(1).severity == Severity::info);
  const auto fails = rows_of(evaluate(windows_7(), policy, today), "schannel.tls12.client");
  CHECK(fails.at(0).severity == Severity::low);
}

TEST_CASE("A policy may raise what is information, but not the sets that do not boot") {
  auto i = windows_7();
  add_control_set(i, 2);
  set_dword(schannel(i, 1, "TLS 1.2").disabled_by_default, 0);
  for (windows::SettingFact& fact : i.settings) {
    if (fact.setting == &windows::settings::fips) set_dword(fact.value, 2);
  }
  const auto severities = [&](const std::string& text, std::string_view id) {
    std::vector<Severity> found;
    for (const Finding& row :
         rows_of(evaluate(i, parse_policy("name = \"p\"\n" + text, "p.toml"), today), id)) {
      found.push_back(row.severity);
    }
    return found;
  };
  using Severities = std::vector<Severity>;
  // A check whose severity is info: of a FIPS value that is not documented.
  CHECK(severities("", "schannel.fips") == Severities{Severity::info, Severity::info});
  CHECK(severities("[severity]\n\"schannel.fips\" = \"medium\"\n", "schannel.fips") ==
        Severities{Severity::medium, Severity::info});
  // A rule whose severity is info: TLS 1.1 fails in both sets, TLS 1.2 only in the one that does
  // not boot.
  const std::string rule =
      "[[schannel]]\nprotocol = \"TLS 1.1\"\nside = \"client\"\nwant = \"on\"\nseverity = "
      "\"info\"\n";
  const std::string raised =
      "[severity]\n\"schannel.tls11.client\" = \"high\"\n"
      "\"schannel.tls12.client\" = \"high\"\n";
  CHECK(severities(rule, "schannel.tls11.client") == Severities{Severity::info, Severity::info});
  CHECK(severities(rule + raised, "schannel.tls11.client") ==
        Severities{Severity::high, Severity::high});
  CHECK(severities(raised, "schannel.tls12.client") == Severities{Severity::info, Severity::info});
}

TEST_CASE("Every check explains itself and has an id of its own") {
  std::set<std::string_view> ids;
  for (const Check& check : all_checks()) {
    CHECK(ids.insert(check.id).second);
    CHECK(check.run != nullptr);
    for (const std::string_view text :
         {check.explanation.summary, check.explanation.meaning, check.explanation.why,
          check.explanation.fix, check.explanation.source}) {
      CHECK(!text.empty());
    }
    CHECK(find_check(check.id) == &check);
  }
  CHECK(find_check("no.such-check") == nullptr);
}

TEST_CASE("Globs match as in a shell") {
  CHECK(glob_match("*", ""));
  CHECK(glob_match("*.wim@2", "dir/install.wim@2"));
  CHECK(!glob_match("*.wim@2", "install.wim@20"));
  CHECK(glob_match("image?", "image1"));
  CHECK(!glob_match("image?", "image"));
  CHECK(glob_match("a*b*c", "axxbyyc"));
  CHECK(!glob_match("a*b*c", "axxbyy"));
  CHECK(!glob_match("", "x"));
}

}  // namespace
}  // namespace goldhive::policy
