#include <catch2/catch.hpp>

#include "src/policy/protocols.h"
#include "src/policy/secure_protocols.h"
#include "tests/policy/literal_facts.h"

namespace goldhive::policy {
namespace {

using namespace goldhive::testing;
using hive::ValueType;
using windows::Family;
using windows::View;

constexpr std::string_view id = "winhttp.default-secure-protocols";

std::uint32_t planned(const Finding& row) {
  REQUIRE(row.edits.size() == 1);
  REQUIRE(row.edits[0].after.has_value());
  REQUIRE(row.edits[0].after->type == ValueType::dword);
  return ByteView(row.edits[0].after->data, 0, "edit").u32(0);
}

struct Case {
  std::uint32_t value;
  Verdict verdict;
  std::uint32_t planned;  ///< 0: nothing
};

/// The 64-bit view of a fresh installation with that value.
Finding judged(Family family, std::uint32_t build, std::uint32_t value,
               const std::string& policy = "baseline") {
  auto i = fresh(family, build);
  set_dword(secure_protocols(i, View::native), value);
  return rows_of(evaluate(i, builtin_policy(policy), today), id).at(0);
}

void check_cases(Family family, std::uint32_t build, const std::vector<Case>& cases,
                 const std::string& policy = "baseline") {
  for (const Case& c : cases) {
    INFO("value " << std::hex << c.value);
    const Finding row = judged(family, build, c.value, policy);
    INFO(row.message);
    CHECK(row.verdict == c.verdict);
    if (c.planned == 0) {
      CHECK(row.edits.empty());
    } else {
      CHECK(planned(row) == c.planned);
    }
  }
}

TEST_CASE("DefaultSecureProtocols of every combination met in the wild on Windows 7 SP1 and 8") {
  const std::vector<Case> cases = {
      {0x0A0, Verdict::fail, 0xAA0},  {0x080, Verdict::fail, 0xA80},
      {0x0A8, Verdict::fail, 0xAA8},  {0x200, Verdict::fail, 0xA00},
      {0x280, Verdict::fail, 0xA80},  {0x800, Verdict::fail, 0xA00},
      {0x880, Verdict::fail, 0xA80},  {0xA00, Verdict::pass, 0},
      {0xA80, Verdict::pass, 0},      {0xAA0, Verdict::warn, 0},
      {0xAA8, Verdict::warn, 0},      {0x2800, Verdict::fail, 0xA00},
      {0x2A00, Verdict::fail, 0xA00}, {0, Verdict::fail, 0xA00},
      {0x00A, Verdict::fail, 0xA08},  {0x2560, Verdict::fail, 0xA20},
      {0x160, Verdict::fail, 0xA20},  {0xFFFFFFFF, Verdict::fail, 0xAA8},
      {0x2AA0, Verdict::fail, 0xAA0},
  };
  check_cases(Family::windows_7, 7601, cases);
  check_cases(Family::windows_8, 9200, cases);
}

TEST_CASE("The tls12-only policy is content with the TLS 1.2 bit") {
  check_cases(Family::windows_7, 7601,
              {{0x800, Verdict::pass, 0},
               {0x880, Verdict::pass, 0},
               {0xA00, Verdict::pass, 0},
               {0xAA0, Verdict::warn, 0},
               {0x200, Verdict::fail, 0xA00},
               {0xA0, Verdict::fail, 0x8A0}},
              "tls12-only");
}

TEST_CASE("A value that breaks the good default of Windows 8.1 and later is a finding") {
  check_cases(Family::windows_8_1, 9600,
              {{0xA0, Verdict::fail, 0xAA0},
               {0x800, Verdict::fail, 0xA00},
               {0xA00, Verdict::pass, 0},
               {0, Verdict::warn, 0},       // ignored: the default applies
               {0x2A00, Verdict::warn, 0},  // right with the TLS 1.3 bit and without it
               {0x2080, Verdict::fail, 0xA80}});
  check_cases(Family::windows_10, 19045,
              {{0xA0, Verdict::fail, 0xAA0}, {0xAA0, Verdict::warn, 0}, {0xA80, Verdict::pass, 0}});
  check_cases(Family::windows_10, 22631,
              {{0x2800, Verdict::pass, 0},
               {0x2A00, Verdict::pass, 0},
               {0xA0, Verdict::fail, 0xAA0},
               {0x4800, Verdict::warn, 0}});
}

TEST_CASE("The TLS 1.3 bit is defined from build 20348 on, and the default has it from 22000 on") {
  // Before Windows Server 2022 nobody knows what the bit does, so the value is no more than a risk.
  const std::vector<Case> no_tls13 = {
      {0x2000, Verdict::fail, 0xA00},
      {0x2800, Verdict::warn, 0},
      {0x2A00, Verdict::warn, 0},
  };
  check_cases(Family::windows_10, 20347, no_tls13);
  // There it counts like the others, and a value without TLS 1.1 is worse than the default.
  const std::vector<Case> tls13_known = {
      {0x2000, Verdict::fail, 0x2A00},
      {0x2800, Verdict::fail, 0x2A00},
      {0x2A00, Verdict::pass, 0},
      {0x800, Verdict::fail, 0xA00},
  };
  check_cases(Family::windows_10, 20348, tls13_known);
  check_cases(Family::windows_10, 21999, tls13_known);
  // From Windows 11 on the default has no TLS 1.1, so that a value needs none.
  check_cases(Family::windows_10, 22000,
              {{0x2000, Verdict::fail, 0x2A00},
               {0x2800, Verdict::pass, 0},
               {0x2A00, Verdict::pass, 0},
               {0x800, Verdict::pass, 0}});
}

TEST_CASE("What the default is certain to offer changes at build 22000") {
  Policy policy = builtin_policy("baseline");
  policy.secure_protocols_forbidden = tls10;
  const auto unset = [&](std::uint32_t build) {
    return rows_of(evaluate(fresh(Family::windows_10, build), policy, today), id).at(0);
  };
  for (const std::uint32_t build : {20347U, 20348U, 21999U}) {
    INFO(build);
    const Finding row = unset(build);
    CHECK(row.verdict == Verdict::undetermined);  // KB5017811 takes TLS 1.0 out of it
    CHECK_THAT(row.message, Catch::Contains("whether TLS 1.0 is offered depends"));
  }
  const Finding row = unset(22000);
  CHECK(row.verdict == Verdict::pass);
  CHECK(row.message == "not set: already the default (TLS 1.2, TLS 1.3)");
}

TEST_CASE("Without the value Windows 7 and 8 fail in each view and newer systems pass") {
  for (const auto& [family, build] :
       {std::pair{Family::windows_7, 7601U}, std::pair{Family::windows_8, 9200U}}) {
    const auto rows = baseline_rows(fresh(family, build), id);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].view == View::native);
    CHECK(rows[1].view == View::wow64);
    for (const auto& row : rows) {
      CHECK(row.verdict == Verdict::fail);
      CHECK(row.severity == Severity::high);
      CHECK(!row.actual);
      CHECK(row.expected == "0xa00");
      CHECK(planned(row) == 0xA00);
      CHECK(!row.edits[0].before);
    }
    CHECK(rows[1].message ==
          "not set: 32-bit programs (32-bit Outlook) offer SSL 3.0, TLS 1.0 only");
    CHECK(rows[1].edits[0].key ==
          "Wow6432Node\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\WinHttp");
  }
  for (const auto& [family, build] :
       {std::pair{Family::windows_8_1, 9600U}, std::pair{Family::windows_10, 10240U},
        std::pair{Family::windows_10, 19045U}, std::pair{Family::windows_10, 26100U}}) {
    for (const auto& row : baseline_rows(fresh(family, build), id)) {
      INFO(row.message);
      CHECK(row.verdict == Verdict::pass);
      CHECK(row.message.find("already the default") != std::string::npos);
    }
  }
}

TEST_CASE("Another type than REG_DWORD of four bytes is read as no value and replaced") {
  const Bytes eight = {0, 0x0A, 0, 0, 0, 0, 0, 0};
  const std::vector<std::pair<ValueType, Bytes>> wrong = {
      {ValueType::qword, eight},
      {ValueType::sz, {'2', 0, '5', 0, '6', 0, '0', 0, 0, 0}},
      {ValueType::binary, {0, 0x0A, 0, 0}},
      {ValueType::dword_big_endian, {0, 0, 0x0A, 0}},
      {ValueType::dword, {0, 0x0A}},
      {ValueType::none, {}},
      {static_cast<ValueType>(0x1234), {0, 0x0A, 0, 0}},
  };
  for (const auto& [type, data] : wrong) {
    auto i = windows_7();
    set_data(secure_protocols(i, View::native), type, data);
    const Finding row = baseline_rows(i, id).at(0);
    INFO(row.message);
    CHECK(row.verdict == Verdict::fail);
    CHECK(row.actual_type == hive::to_string(type));
    CHECK(planned(row) == 0xA00);
    CHECK(row.edits[0].before == Edit::Data{type, data});
    auto newer = fresh(Family::windows_8_1, 9600);
    set_data(secure_protocols(newer, View::native), type, data);
    CHECK(baseline_rows(newer, id).at(0).verdict == Verdict::warn);
  }
}

TEST_CASE("Each view is a row of its own and 32-bit Windows has one") {
  auto i = windows_7();
  set_dword(secure_protocols(i, View::native), 0xA00);
  auto rows = baseline_rows(i, id);
  CHECK(rows.at(0).verdict == Verdict::pass);
  CHECK(rows.at(1).verdict == Verdict::fail);

  auto x86 = fresh(Family::windows_7, 7601, windows::Architecture::x86);
  set_dword(secure_protocols(x86, View::native), 0xA00);
  x86.winhttp.push_back(windows_7().winhttp.at(1));  // Wow6432Node junk
  rows = baseline_rows(x86, id);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].verdict == Verdict::pass);
}

TEST_CASE("Where the architecture is unknown nothing is said about the 32-bit view") {
  auto i = windows_7();
  i.os.architecture = windows::Architecture::unknown;
  const auto rows = baseline_rows(i, id);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].verdict == Verdict::fail);
  CHECK(rows[1].verdict == Verdict::undetermined);
  CHECK(rows[1].edits.empty());
}

TEST_CASE("Windows 7 without SP1 never reads the value") {
  auto i = fresh(Family::windows_7, 7600);
  set_dword(secure_protocols(i, View::native), 0xA00);
  for (const auto& row : baseline_rows(i, id)) {
    CHECK(row.verdict == Verdict::fail);
    CHECK(row.message.find("install SP1") != std::string::npos);
    CHECK(row.edits.empty());
  }
  i.os.build = 0;
  i.os.sp1 = {};
  CHECK(baseline_rows(i, id).at(0).verdict == Verdict::undetermined);
  CHECK(baseline_rows(i, id).at(1).verdict == Verdict::fail);
}

TEST_CASE("Where sources contradict each other about SP1 nothing is said or planned") {
  auto i = windows_7();
  i.os.sp1 = {windows::Presence::unknown, "",
              "without a service pack by build 7600; with it by the rest"};
  set_dword(secure_protocols(i, View::native), 0xA00);
  for (const auto& row : baseline_rows(i, id)) {
    CHECK(row.verdict == Verdict::undetermined);
    CHECK_THAT(row.message, Catch::Contains("build 7600"));
    CHECK(row.edits.empty());
  }
}

TEST_CASE("A view that is not there or may not be there is not judged") {
  auto i = windows_7();
  i.os.wow64 = windows::Presence::absent;
  i.winhttp.pop_back();
  auto rows = baseline_rows(i, id);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].verdict == Verdict::fail);
  CHECK(rows[1].verdict == Verdict::not_applicable);
  i = windows_7();
  i.os.wow64 = windows::Presence::unknown;
  rows = baseline_rows(i, id);
  CHECK(rows.at(1).verdict == Verdict::undetermined);
  CHECK_THAT(rows.at(1).message, Catch::Contains("SysWOW64 would settle it"));
  CHECK(rows.at(1).edits.empty());
}

TEST_CASE("ARM64 has a third view where 32-bit programs for ARM run") {
  auto i = fresh(Family::windows_10, 19045, windows::Architecture::arm64);
  CHECK(baseline_rows(i, id).size() == 2);
  i.os.wowaa32 = windows::Presence::present;
  i.winhttp.push_back(i.winhttp.at(1));
  i.winhttp.back().view = View::wowaa32;
  set_dword(secure_protocols(i, View::wowaa32), 0xA0);
  const auto rows = baseline_rows(i, id);
  REQUIRE(rows.size() == 3);
  CHECK(rows[1].verdict == Verdict::pass);
  CHECK(rows[2].view == View::wowaa32);
  CHECK(rows[2].verdict == Verdict::fail);
}

TEST_CASE("What could not be read and what lies behind a link is undetermined") {
  auto i = windows_7();
  set_unknown(secure_protocols(i, View::native), "bad cell size");
  secure_protocols(i, View::wow64).key_is_link = true;
  const auto rows = baseline_rows(i, id);
  CHECK(rows.at(0).verdict == Verdict::undetermined);
  CHECK(rows.at(0).message.find("bad cell size") != std::string::npos);
  CHECK(rows.at(1).verdict == Verdict::undetermined);
  CHECK(rows.at(1).message.find("symbolic link") != std::string::npos);
}

TEST_CASE("Forbidden bits are a finding and taken out by the patch") {
  Policy policy = builtin_policy("baseline");
  policy.secure_protocols_forbidden = ssl20 | ssl30 | tls10;
  auto i = windows_7();
  set_dword(secure_protocols(i, View::native), 0xAA8);
  const Finding row = rows_of(evaluate(i, policy, today), id).at(0);
  CHECK(row.verdict == Verdict::fail);
  CHECK(planned(row) == 0xA00);
  const auto blue = rows_of(evaluate(fresh(Family::windows_8_1, 9600), policy, today), id);
  CHECK(blue.at(0).verdict == Verdict::fail);  // its default has SSL 3.0
  CHECK(planned(blue.at(0)) == 0xA00);
  const auto ten = rows_of(evaluate(fresh(Family::windows_10, 19045), policy, today), id);
  CHECK(ten.at(0).verdict == Verdict::undetermined);  // depends on KB5017811
  CHECK(planned(ten.at(0)) == 0xA00);
}

TEST_CASE("A policy that requires what this Windows does not have promises no fix") {
  Policy policy = builtin_policy("baseline");
  policy.secure_protocols_required = tls12 | tls13;
  const Finding row = rows_of(evaluate(windows_7(), policy, today), id).at(0);
  CHECK(row.verdict == Verdict::fail);
  CHECK(row.edits.empty());
}

TEST_CASE("A policy that asks nothing of WinHTTP gets no row") {
  Policy policy = builtin_policy("baseline");
  policy.secure_protocols_required = 0;
  CHECK(rows_of(evaluate(windows_7(), policy, today), id).empty());
}

TEST_CASE("Protocol bits are described and parsed by name") {
  CHECK(describe_bits(0xA0) == "SSL 3.0, TLS 1.0");
  CHECK(describe_bits(0x2802) == "TLS 1.2, TLS 1.3, undefined bits 0x2");
  CHECK(describe_bits(0) == "none");
  CHECK(parse_protocol_list("tls1.0,tls1.1,tls1.2") == 0xA80);
  CHECK_THROWS_WITH(parse_protocol_list("tls1.2,tsl1.1"), Catch::Contains("did you mean 'tls1.1'"));
  CHECK_THROWS_AS(parse_protocol_list(""), Error);
  CHECK_THROWS_AS(parse_protocol_list("tls1.2,"), Error);
}

TEST_CASE("Merging keeps legal bits and adds and removes what the policy says") {
  CHECK(merged_protocols(std::nullopt, 0xAA8, 0xA00, 0) == 0xA00);
  CHECK(merged_protocols(0xA0, 0xAA8, 0xA00, 0) == 0xAA0);
  CHECK(merged_protocols(0x2AA2, 0xAA8, 0xA00, 0) == 0xAA0);
  CHECK(merged_protocols(0xAA8, 0xAA8, 0x800, 0x28) == 0xA80);
}

}  // namespace
}  // namespace goldhive::policy
