#include <catch2/catch.hpp>

#include "src/policy/schannel_rules.h"
#include "tests/policy/literal_facts.h"

namespace goldhive::policy {
namespace {

using namespace goldhive::testing;
using hive::ValueType;
using windows::Family;
using windows::Side;
using S = ProtocolState;

constexpr std::string_view tls11 = "schannel.tls11.client";
constexpr std::string_view tls12 = "schannel.tls12.client";

constexpr std::optional<std::uint32_t> absent = std::nullopt;

windows::OsFacts os(Family family, std::uint32_t build) { return fresh(family, build).os; }

std::vector<Finding> rows(const windows::Installation& i, std::string_view id,
                          const char* policy = "baseline") {
  return rows_of(evaluate(i, builtin_policy(policy), today), id);
}

std::uint32_t number(const Edit& edit) {
  REQUIRE(edit.after.has_value());
  return ByteView(edit.after->data, 0, "edit").u32(0);
}

TEST_CASE("Every pair of Enabled and DisabledByDefault gives the documented state") {
  struct Case {
    std::optional<std::uint32_t> enabled, disabled;
    S seven, later;
  };
  const std::vector<Case> cases = {
      {absent, absent, S::off_by_default, S::on},
      {absent, 0, S::on, S::on},
      {absent, 1, S::off_by_default, S::off_by_default},
      {1, absent, S::off_by_default, S::on},
      {0xFFFFFFFF, absent, S::off_by_default, S::on},
      {1, 0, S::on, S::on},
      {0xFFFFFFFF, 0, S::on, S::on},
      {2, 0, S::on, S::on},
      {1, 1, S::off_by_default, S::off_by_default},
      {0xFFFFFFFF, 0xFFFFFFFF, S::off_by_default, S::off_by_default},
      {0, absent, S::denied, S::denied},
      {0, 0, S::denied, S::denied},
      {0, 1, S::denied, S::denied},
  };
  for (const Case& c : cases) {
    for (const char* protocol : {"TLS 1.1", "TLS 1.2"}) {
      const auto state = [&](Family family, std::uint32_t build) {
        return resulting_state(os(family, build), protocol, Side::client, c.enabled, c.disabled);
      };
      CHECK(state(Family::windows_7, 7601) == c.seven);
      CHECK(state(Family::windows_8, 9200) == c.later);
      CHECK(state(Family::windows_8_1, 9600) == c.later);
      CHECK(state(Family::windows_10, 19045) == c.later);
    }
  }
}

TEST_CASE("The defaults without any value are those of each Windows") {
  struct Case {
    Family family;
    std::uint32_t build;
    const char* protocol;
    S client, server;
  };
  const std::vector<Case> cases = {
      {Family::windows_7, 7601, "SSL 2.0", S::off_by_default, S::on},
      {Family::windows_7, 7601, "SSL 3.0", S::on, S::on},
      {Family::windows_7, 7601, "TLS 1.0", S::on, S::on},
      {Family::windows_7, 7600, "TLS 1.1", S::off_by_default, S::off_by_default},
      {Family::windows_7, 7601, "TLS 1.2", S::off_by_default, S::off_by_default},
      {Family::windows_8, 9200, "SSL 2.0", S::off_by_default, S::off_by_default},
      {Family::windows_8, 9200, "SSL 3.0", S::on, S::on},
      {Family::windows_8, 9200, "TLS 1.1", S::on, S::on},
      {Family::windows_8, 9200, "TLS 1.2", S::on, S::on},
      {Family::windows_8_1, 9600, "SSL 3.0", S::on, S::on},
      {Family::windows_8_1, 9600, "TLS 1.2", S::on, S::on},
      {Family::windows_10, 10240, "SSL 3.0", S::on, S::on},
      {Family::windows_10, 10586, "SSL 2.0", S::off_by_default, S::off_by_default},
      {Family::windows_10, 14393, "SSL 2.0", S::unsupported, S::unsupported},
      {Family::windows_10, 19045, "SSL 3.0", S::off_by_default, S::off_by_default},
      {Family::windows_10, 20348, "TLS 1.0", S::on, S::on},
      {Family::windows_10, 22000, "TLS 1.0", S::unknown, S::unknown},
      {Family::windows_10, 26100, "TLS 1.1", S::unknown, S::unknown},
      {Family::windows_10, 26100, "TLS 1.2", S::on, S::on},
      {Family::windows_10, 0, "SSL 3.0", S::unknown, S::unknown},
      {Family::windows_10, 0, "TLS 1.2", S::on, S::on},
      {Family::unknown, 0, "TLS 1.2", S::unknown, S::unknown},
  };
  for (const Case& c : cases) {
    INFO(c.build << " " << c.protocol);
    CHECK(os_default(os(c.family, c.build), c.protocol, Side::client) == c.client);
    CHECK(os_default(os(c.family, c.build), c.protocol, Side::server) == c.server);
  }
}

TEST_CASE("Fresh Windows 7 fails TLS 1.1 and 1.2 and Windows 8 and later pass") {
  for (const std::string_view id : {tls11, tls12}) {
    const auto seven = rows(windows_7(), id);
    REQUIRE(seven.size() == 1);
    CHECK(seven[0].verdict == Verdict::fail);
    CHECK(seven[0].severity == Severity::high);
    CHECK(seven[0].control_set == 1U);
    CHECK(seven[0].message == "off by default (not set): only programs that name it get it");
    for (const auto& [family, build] :
         {std::pair{Family::windows_8, 9200U}, std::pair{Family::windows_8_1, 9600U},
          std::pair{Family::windows_10, 17763U}}) {
      CHECK(rows(fresh(family, build), id).at(0).verdict == Verdict::pass);
    }
  }
}

TEST_CASE("The fix writes both values and keeps what is right already") {
  auto i = windows_7();
  auto fix = rows(i, tls12).at(0).edits;
  REQUIRE(fix.size() == 2);
  CHECK(fix[0].value == "Enabled");
  CHECK(number(fix[0]) == 1);
  CHECK(fix[1].value == "DisabledByDefault");
  CHECK(number(fix[1]) == 0);
  CHECK(fix[1].hive == windows::HiveName::system);
  CHECK(fix[1].key ==
        "ControlSet001\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2\\Client");

  set_dword(schannel(i, 1, "TLS 1.2").enabled, 0xFFFFFFFF);
  fix = rows(i, tls12).at(0).edits;
  REQUIRE(fix.size() == 1);
  CHECK(fix[0].value == "DisabledByDefault");

  set_dword(schannel(i, 1, "TLS 1.2").enabled, 0);
  set_dword(schannel(i, 1, "TLS 1.2").disabled_by_default, 0);
  const Finding denied = rows(i, tls12).at(0);
  CHECK(denied.verdict == Verdict::fail);
  CHECK(denied.value == "Enabled");
  CHECK(denied.actual == "0x0");
  CHECK(denied.expected == "0x1");
  REQUIRE(denied.edits.size() == 1);
  CHECK(denied.edits[0].value == "Enabled");
}

TEST_CASE("A value of another type may count as absent or as its number") {
  struct Case {
    Family family;
    std::uint32_t build;
    bool enabled;  ///< which of the two it is; the other is absent
    std::uint8_t number;
    Verdict verdict;
  };
  const std::vector<Case> cases = {
      // On Windows 7 TLS 1.2 is off unless DisabledByDefault=0 is read.
      {Family::windows_7, 7601, false, 0, Verdict::undetermined},
      {Family::windows_7, 7601, false, 1, Verdict::fail},
      {Family::windows_7, 7601, true, 0, Verdict::fail},
      {Family::windows_7, 7601, true, 1, Verdict::fail},
      {Family::windows_8, 9200, false, 0, Verdict::warn},
      {Family::windows_8, 9200, false, 1, Verdict::undetermined},
      {Family::windows_8_1, 9600, true, 0, Verdict::undetermined},
      {Family::windows_8_1, 9600, true, 1, Verdict::warn},
  };
  for (const Case& c : cases) {
    auto i = fresh(c.family, c.build);
    auto& facts = schannel(i, 1, "TLS 1.2");
    set_data(c.enabled ? facts.enabled : facts.disabled_by_default, ValueType::qword,
             {c.number, 0, 0, 0, 0, 0, 0, 0});
    const Finding row = rows(i, tls12).at(0);
    INFO(c.build << " " << c.enabled << " " << int{c.number} << ": " << row.message);
    CHECK(row.verdict == c.verdict);
    CHECK_THAT(row.message, Catch::Contains("REG_QWORD of 8 bytes"));
    const bool open = c.verdict == Verdict::undetermined;
    CHECK(open == (row.message.find("a REG_DWORD would settle it") != std::string::npos));
    if (c.verdict == Verdict::warn) {
      CHECK(row.edits.empty());
      continue;
    }
    REQUIRE(row.edits.size() == 2);
    CHECK(number(row.edits[0]) == 1);
    CHECK(number(row.edits[1]) == 0);
    CHECK(row.edits[c.enabled ? 0 : 1].before.has_value());
  }
}

TEST_CASE("What a value of another type can only mend on one reading is replaced") {
  auto i = compliant_windows_7();
  set_data(schannel(i, 1, "TLS 1.2").enabled, ValueType::binary, Bytes(4));
  const Finding row = rows(i, tls12).at(0);
  CHECK(row.verdict == Verdict::undetermined);
  REQUIRE(row.edits.size() == 1);
  CHECK(row.edits[0].value == "Enabled");
  CHECK(number(row.edits[0]) == 1);
}

TEST_CASE("TLS 1.1 that somebody switched off is judged by what TLS 1.2 does") {
  enum class Off { denied, by_default, not_set };
  enum class Beside { on, off, open, unreadable };
  struct Case {
    Off off;
    Beside tls12;
    Verdict verdict;
    bool named;
  };
  const std::vector<Case> cases = {
      {Off::denied, Beside::on, Verdict::warn, true},
      {Off::by_default, Beside::on, Verdict::warn, true},
      {Off::not_set, Beside::on, Verdict::fail, false},
      {Off::denied, Beside::off, Verdict::fail, false},
      {Off::by_default, Beside::off, Verdict::fail, false},
      {Off::denied, Beside::open, Verdict::undetermined, true},
      {Off::by_default, Beside::open, Verdict::undetermined, true},
      {Off::not_set, Beside::open, Verdict::fail, false},
      {Off::denied, Beside::unreadable, Verdict::undetermined, true},
  };
  for (const Case& c : cases) {
    auto i = compliant_windows_7();
    auto& facts = schannel(i, 1, "TLS 1.1");
    facts.disabled_by_default = schannel(i, 1, "TLS 1.0").disabled_by_default;
    facts.disabled_by_default.key = facts.enabled.key;
    if (c.off == Off::denied) set_dword(facts.enabled, 0);
    if (c.off == Off::by_default) set_dword(facts.disabled_by_default, 7);
    auto& beside = schannel(i, 1, "TLS 1.2");
    if (c.tls12 == Beside::off) set_dword(beside.enabled, 0);
    if (c.tls12 == Beside::open) set_data(beside.disabled_by_default, ValueType::qword, Bytes(8));
    if (c.tls12 == Beside::unreadable) set_unknown(beside.disabled_by_default, "bad cell");
    const Finding row = rows(i, tls11).at(0);
    INFO(row.message);
    CHECK(row.verdict == c.verdict);
    CHECK(row.only_when_named == c.named);
    CHECK(!row.edits.empty());
    const bool says = row.message.find("--only schannel.tls11.client") != std::string::npos;
    CHECK(says == (c.verdict == Verdict::warn));
    // TLS 1.2 has no such excuse.
    CHECK(rows(i, tls12).at(0).only_when_named == false);
    // For incoming connections only their own TLS 1.2 counts.
    Policy policy = builtin_policy("baseline");
    policy.schannel.push_back({"TLS 1.1", Side::server, SchannelWish::on, Severity::low});
    set_dword(schannel(i, 1, "TLS 1.1", Side::server).enabled, 0);
    CHECK(rows_of(evaluate(i, policy, today), "schannel.tls11.server").at(0).verdict ==
          Verdict::fail);
  }
}

TEST_CASE("Windows 8.1 and later fail for TLS 1.2 alone") {
  for (const std::uint32_t build : {9600U, 10240U, 19045U, 26100U}) {
    INFO(build);
    auto i = fresh(build == 9600 ? Family::windows_8_1 : Family::windows_10, build);
    set_dword(schannel(i, 1, "TLS 1.2").enabled, 0);
    set_dword(schannel(i, 1, "TLS 1.1").disabled_by_default, 1);
    CHECK(rows(i, tls12).at(0).verdict == Verdict::fail);
    Finding row = rows(i, tls11).at(0);
    CHECK(row.verdict == Verdict::pass);
    CHECK(row.message ==
          "off by default (DisabledByDefault=0x1): only programs that name it get it; TLS 1.1 is "
          "not asked of this Windows");
    CHECK(row.edits.empty());
    CHECK(!row.expected);
    // tls12-only wants just that.
    row = rows(i, tls11, "tls12-only").at(0);
    CHECK(row.verdict == Verdict::pass);
    CHECK(row.expected == "0x1");
  }
}

TEST_CASE("Windows 11 is not asked to bring TLS 1.1 back") {
  const auto i = fresh(Family::windows_10, 26100);
  CHECK(rows(i, tls11).at(0).verdict == Verdict::not_applicable);
  CHECK(rows(i, tls12).at(0).verdict == Verdict::pass);
  const Finding off = rows(i, tls11, "tls12-only").at(0);
  CHECK(off.verdict == Verdict::undetermined);
  REQUIRE(off.edits.size() == 1);  // saying so explicitly would settle it
  CHECK(number(off.edits[0]) == 1);
}

TEST_CASE("The set that Select names as Default decides and the others inform") {
  auto i = windows_7();
  add_control_set(i, 2);
  set_dword(schannel(i, 1, "TLS 1.2").disabled_by_default, 0);
  i.control_sets.default_ = 2;
  i.control_sets.boots = 2;
  i.control_sets.note = "the last boot used another set";
  auto both = rows(i, tls12);
  REQUIRE(both.size() == 2);
  CHECK(both[0].control_set == 2U);
  CHECK(both[0].verdict == Verdict::fail);
  CHECK(both[0].severity == Severity::high);
  CHECK(both[0].evidence.back() == i.control_sets.note);
  CHECK(both[1].control_set == 1U);
  CHECK(both[1].verdict == Verdict::pass);
  CHECK(both[1].severity == Severity::info);

  i.control_sets.default_ = 1;
  i.control_sets.boots = 1;
  both = rows(i, tls12);
  CHECK(both.at(0).verdict == Verdict::pass);
  CHECK(both.at(1).verdict == Verdict::fail);
  CHECK(both.at(1).severity == Severity::info);  // it does not boot

  both = rows(i, tls11);
  CHECK(both.at(0).severity == Severity::high);
  CHECK(both.at(1).severity == Severity::high);  // fails as well
}

TEST_CASE("Where Select names no set that exists nothing is guessed") {
  auto i = compliant_windows_7();
  i.control_sets.boots.reset();
  i.control_sets.error = "Select\\Default names ControlSet003, which does not exist";
  const auto result = rows(i, tls12);
  REQUIRE(result.size() == 2);
  CHECK(result[0].verdict == Verdict::undetermined);
  CHECK(result[0].severity == Severity::high);
  CHECK(result[0].message.find("ControlSet003") != std::string::npos);
  CHECK(result[1].severity == Severity::info);
}

TEST_CASE("Without SYSTEM the protocols are undetermined") {
  auto i = windows_7();
  remove_hive(i, windows::HiveName::system);
  const auto result = rows(i, tls12);
  REQUIRE(result.size() == 1);
  CHECK(result[0].verdict == Verdict::undetermined);
  CHECK(result[0].message.find("SYSTEM is missing") != std::string::npos);
}

TEST_CASE("An unreadable value leaves the protocol open unless Enabled denies it anyway") {
  auto i = compliant_windows_7();
  set_unknown(schannel(i, 1, "TLS 1.2").enabled, "bad cell");
  CHECK(rows(i, tls12).at(0).verdict == Verdict::undetermined);
  auto denied = compliant_windows_7();
  set_dword(schannel(denied, 1, "TLS 1.2").enabled, 0);
  set_unknown(schannel(denied, 1, "TLS 1.2").disabled_by_default, "bad cell");
  CHECK(rows(denied, tls12).at(0).verdict == Verdict::fail);
}

TEST_CASE("tls12-only wants the old protocols out of the default set") {
  const auto i = windows_7();
  const auto legacy = rows(i, "schannel.legacy", "tls12-only");
  REQUIRE(legacy.size() == 3);
  CHECK(legacy[0].subject == "SSL 2.0 client");
  CHECK(legacy[0].verdict == Verdict::pass);  // off by default on Windows 7
  CHECK(legacy[1].subject == "SSL 3.0 client");
  CHECK(legacy[1].verdict == Verdict::fail);
  CHECK(legacy[1].severity == Severity::medium);
  CHECK(legacy[2].subject == "TLS 1.0 client");
  CHECK(legacy[2].verdict == Verdict::fail);
  REQUIRE(legacy[2].edits.size() == 1);
  CHECK(legacy[2].edits[0].value == "DisabledByDefault");
  CHECK(number(legacy[2].edits[0]) == 1);
  CHECK(rows(i, tls11, "tls12-only").at(0).verdict == Verdict::pass);
  CHECK(rows(i, tls12, "tls12-only").at(0).verdict == Verdict::fail);

  auto denied = i;
  set_dword(schannel(denied, 1, "SSL 3.0").enabled, 0);
  const Finding row = rows(denied, "schannel.legacy", "tls12-only").at(1);
  CHECK(row.verdict == Verdict::pass);
  CHECK(row.expected == "0x0");
}

TEST_CASE("Servers are judged only where the policy asks") {
  CHECK(rows(windows_7(), "schannel.tls12.server").empty());
  Policy policy = builtin_policy("baseline");
  policy.schannel.push_back({"TLS 1.2", Side::server, SchannelWish::on, Severity::low});
  const auto server = rows_of(evaluate(windows_7(), policy, today), "schannel.tls12.server");
  REQUIRE(server.size() == 1);
  CHECK(server[0].verdict == Verdict::fail);
  CHECK(server[0].severity == Severity::low);
}

TEST_CASE("What Easy Fix leaves on Windows 7 is recognised as half the work") {
  auto i = windows_7();
  set_dword(secure_protocols(i, windows::View::native), 0xA00);
  set_dword(secure_protocols(i, windows::View::wow64), 0xA00);
  const Finding row = rows(i, tls12).at(0);
  CHECK(row.verdict == Verdict::fail);
  CHECK(row.evidence.back().find("Easy Fix") != std::string::npos);
}

TEST_CASE("An Enabled that is neither 0 nor 1 nor all ones is noted") {
  auto i = compliant_windows_7();
  set_dword(schannel(i, 1, "TLS 1.2").enabled, 7);
  const Finding row = rows(i, tls12).at(0);
  CHECK(row.verdict == Verdict::pass);
  CHECK(std::any_of(row.evidence.begin(), row.evidence.end(), [](const auto& line) {
    return line.find("neither 0, 1 nor 0xffffffff") != std::string::npos;
  }));
}

}  // namespace
}  // namespace goldhive::policy
