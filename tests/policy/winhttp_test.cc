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

constexpr std::uint32_t deleted = 1;  // no number that is ever planned

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
    CHECK(row.only_when_named == (c.verdict == Verdict::warn && c.planned != 0));
    if (c.planned == 0) {
      CHECK(row.edits.empty());
    } else if (c.planned == deleted) {
      REQUIRE(row.edits.size() == 1);
      CHECK(!row.edits[0].after);
    } else {
      CHECK(planned(row) == c.planned);
    }
  }
}

TEST_CASE("DefaultSecureProtocols of every combination met in the wild on Windows 7 SP1 and 8") {
  const std::vector<Case> cases = {
      {0x0A0, Verdict::fail, 0xAA0},
      {0x080, Verdict::fail, 0xA80},
      {0x0A8, Verdict::fail, 0xAA8},
      {0x200, Verdict::fail, 0xA00},
      {0x280, Verdict::fail, 0xA80},
      {0xA00, Verdict::pass, 0},
      {0xA80, Verdict::pass, 0},
      {0xAA0, Verdict::warn, 0},
      {0xAA8, Verdict::warn, 0},
      // TLS 1.1 was left out beside TLS 1.2: brought back only when named.
      {0x800, Verdict::warn, 0xA00},
      {0x880, Verdict::warn, 0xA80},
      {0x820, Verdict::warn, 0xA20},
      // The TLS 1.3 bit, or the whole value, may be ignored.
      {0x2800, Verdict::undetermined, 0x800},
      {0x2A00, Verdict::undetermined, 0xA00},
      {0x2AA0, Verdict::undetermined, 0xAA0},
      {0x2080, Verdict::fail, 0xA80},
      {0x2000, Verdict::fail, 0xA00},
      // Ignored for certain: such a number has no bits.
      {0, Verdict::fail, 0xA00},
      {0x00A, Verdict::fail, 0xA00},
      {0x160, Verdict::fail, 0xA00},
      {0x320, Verdict::fail, 0xA00},
      {0x2560, Verdict::fail, 0xA00},
      {0x2688, Verdict::fail, 0xA00},
      {0x2720, Verdict::fail, 0xA00},
      {0xFFFFFFFF, Verdict::fail, 0xA00},
  };
  check_cases(Family::windows_7, 7601, cases);
  check_cases(Family::windows_8, 9200, cases);
}

TEST_CASE("The tls12-only policy wants TLS 1.2 and nothing older") {
  const std::vector<Case> old = {
      {0x800, Verdict::pass, 0},
      {0x880, Verdict::fail, 0x800},
      {0xA00, Verdict::fail, 0x800},
      {0xAA8, Verdict::fail, 0x800},
      {0x200, Verdict::fail, 0x800},
      {0xA0, Verdict::fail, 0x800},
      {0x2688, Verdict::fail, 0x800},
      {0, Verdict::fail, 0x800},
      {0x2800, Verdict::undetermined, 0x800},
  };
  check_cases(Family::windows_7, 7601, old, "tls12-only");
  check_cases(Family::windows_8, 9200, old, "tls12-only");
  check_cases(Family::windows_8_1, 9600, old, "tls12-only");
  // What Windows 10 offers without a usable value depends on its updates.
  check_cases(Family::windows_10, 19045,
              {{0x800, Verdict::pass, 0},
               {0xA0, Verdict::fail, 0x800},
               {0xA00, Verdict::fail, 0x800},
               {0x2688, Verdict::undetermined, 0x800}},
              "tls12-only");
  // Windows 11 has TLS 1.3 beside it, by a value that says so or by the default.
  check_cases(Family::windows_10, 22631,
              {{0x800, Verdict::pass, 0},
               {0x2800, Verdict::pass, 0},
               {0x2A00, Verdict::fail, 0x2800},
               {0xA80, Verdict::fail, 0x800},
               {0xA0, Verdict::fail, deleted},
               {0x2688, Verdict::warn, 0}},
              "tls12-only");
}

TEST_CASE("On Windows 8.1 and later a value that lacks TLS 1.2 is deleted and TLS 1.1 not added") {
  const std::vector<Case> cases = {
      {0xA0, Verdict::fail, deleted}, {0x200, Verdict::fail, deleted}, {0x800, Verdict::pass, 0},
      {0x880, Verdict::pass, 0},      {0xA00, Verdict::pass, 0},       {0xAA0, Verdict::warn, 0},
      {0, Verdict::warn, 0},  // ignored: the default applies
      {0x2688, Verdict::warn, 0},
  };
  check_cases(Family::windows_8_1, 9600, cases);
  check_cases(Family::windows_10, 0, cases);
  check_cases(Family::windows_10, 10240, cases);
  check_cases(Family::windows_10, 19045, cases);
  check_cases(Family::windows_10, 20348, cases);
  check_cases(Family::windows_10, 26100, cases);
}

TEST_CASE("The TLS 1.3 bit is defined from build 20348 on") {
  // Before Windows Server 2022 nobody knows whether the bit or the whole value is ignored.
  const std::vector<Case> no_tls13 = {
      {0x2000, Verdict::undetermined, deleted},
      {0x2080, Verdict::undetermined, deleted},
      {0x2800, Verdict::pass, 0},
      {0x2A00, Verdict::pass, 0},
      {0x2AA0, Verdict::warn, 0},
  };
  check_cases(Family::windows_8_1, 9600, no_tls13);
  check_cases(Family::windows_10, 0, no_tls13);
  check_cases(Family::windows_10, 20347, no_tls13);
  const std::vector<Case> tls13_known = {
      {0x2000, Verdict::fail, deleted}, {0x2080, Verdict::fail, deleted},
      {0x2800, Verdict::pass, 0},       {0x2A00, Verdict::pass, 0},
      {0x2AA0, Verdict::warn, 0},       {0x4800, Verdict::warn, 0},
  };
  check_cases(Family::windows_10, 20348, tls13_known);
  check_cases(Family::windows_10, 22631, tls13_known);
}

TEST_CASE("Digits of the wrong kind are recognised where they make sense") {
  const auto message = [](std::uint32_t value) {
    return judged(Family::windows_7, 7601, value).message;
  };
  CHECK_THAT(message(0x2688), Catch::EndsWith("; 2688 decimal is 0xa80: was that meant?"));
  CHECK_THAT(message(0x2720), Catch::EndsWith("; 2720 decimal is 0xaa0: was that meant?"));
  CHECK_THAT(message(0x2560), Catch::EndsWith("; 2560 decimal is 0xa00: was that meant?"));
  CHECK_THAT(message(0x160), Catch::EndsWith("; 160 decimal is 0xa0: was that meant?"));
  CHECK_THAT(message(0x320), Catch::EndsWith("; 800 as hexadecimal digits is 0x800: was that "
                                             "meant?"));
  // 2689 has an undefined bit as well, 0xa02 is no decimal, and 0xffffffff is too long for one.
  for (const std::uint32_t value : {0x2689U, 0xA02U, 0xFFFFFFFFU, 0x99999999U, 0xA0U, 0x800U}) {
    CHECK_THAT(message(value), !Catch::Contains("was that meant"));
  }
}

TEST_CASE("Who left TLS 1.1 out beside TLS 1.2 is told what to judge it by") {
  const Finding row = judged(Family::windows_7, 7601, 0x820);
  CHECK(row.message ==
        "0x820 (SSL 3.0, TLS 1.2); SSL 3.0 should not be allowed; TLS 1.1 is left out, stricter "
        "than baseline: judge by --policy tls12-only if it is meant, --only "
        "winhttp.default-secure-protocols brings it back");
  CHECK(row.expected == "0xa00");
  const Finding later = judged(Family::windows_8_1, 9600, 0x800);
  CHECK(later.message ==
        "0x800 (TLS 1.2); TLS 1.1, which is left out, is not asked of this Windows");
  CHECK(later.expected == "0x800");
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
  CHECK(row.edits.empty());
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
    CHECK(rows[1].message == "not set: programs offer SSL 3.0, TLS 1.0 only");
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
              "no service pack by build 7600; Service Pack 1 by the rest"};
  set_dword(secure_protocols(i, View::native), 0xA00);
  for (const auto& row : baseline_rows(i, id)) {
    CHECK(row.verdict == Verdict::undetermined);
    CHECK_THAT(row.message, Catch::Contains("os.servicing-level names them"));
    CHECK_THAT(row.evidence.back(), Catch::Contains("build 7600"));
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

TEST_CASE("Forbidden bits are a finding and taken out of what Windows offers") {
  struct ForbiddenCase {
    Family family;
    std::uint32_t build, required, forbidden;
    std::optional<std::uint32_t> value;  ///< nullopt: absent
    Verdict verdict;
    std::uint32_t planned;
  };
  const std::uint32_t ssl = ssl20 | ssl30;
  const std::uint32_t both = tls11 | tls12;
  const std::vector<ForbiddenCase> cases = {
      {Family::windows_7, 7601, both, ssl | tls10, 0xAA8, Verdict::fail, 0xA00},
      {Family::windows_7, 7601, both, ssl, std::nullopt, Verdict::fail, 0xA00},
      // Without anything required: from what Windows offers, not from nothing.
      {Family::windows_7, 7601, 0, ssl30, std::nullopt, Verdict::fail, 0x80},
      {Family::windows_7, 7601, 0, ssl30, 0x2688, Verdict::fail, 0x80},
      {Family::windows_7, 7601, 0, ssl30, 0xAA0, Verdict::fail, 0xA80},
      // A result of 0 would be ignored.
      {Family::windows_7, 7601, 0, ssl30, 0x20, Verdict::fail, 0},
      {Family::windows_7, 7601, 0, ssl30 | tls10, std::nullopt, Verdict::fail, 0},
      // What somebody left out stays out.
      {Family::windows_7, 7601, both, tls10, 0x880, Verdict::fail, 0x800},
      {Family::windows_8_1, 9600, both, ssl30, std::nullopt, Verdict::fail, 0xA80},
      {Family::windows_8_1, 9600, both, ssl30, 0x820, Verdict::fail, 0x800},
      {Family::windows_8_1, 9600, both, ssl30, 0xA0, Verdict::fail, 0x880},
      {Family::windows_10, 19045, both, ssl30, std::nullopt, Verdict::undetermined, 0x800},
      {Family::windows_10, 19045, both, ssl30, 0x8A0, Verdict::fail, 0x880},
      {Family::windows_10, 26100, both, ssl30, std::nullopt, Verdict::pass, 0},
      {Family::windows_10, 26100, both, ssl30, 0xA0, Verdict::fail, deleted},
      {Family::windows_10, 26100, both, ssl30, 0x28A0, Verdict::fail, 0x2880},
      {Family::windows_10, 26100, both, tls13, 0xA0, Verdict::fail, 0x8A0},
  };
  for (const ForbiddenCase& c : cases) {
    Policy policy = builtin_policy("baseline");
    policy.secure_protocols_required = c.required;
    policy.secure_protocols_forbidden = c.forbidden;
    auto i = fresh(c.family, c.build);
    if (c.value) set_dword(secure_protocols(i, View::native), *c.value);
    const Finding row = rows_of(evaluate(i, policy, today), id).at(0);
    INFO(c.build << " " << std::hex << c.value.value_or(0) << " " << c.forbidden << ": "
                 << row.message);
    CHECK(row.verdict == c.verdict);
    if (c.planned == 0) {
      CHECK(row.edits.empty());
    } else if (c.planned == deleted) {
      REQUIRE(row.edits.size() == 1);
      CHECK(!row.edits[0].after);
    } else {
      CHECK(planned(row) == c.planned);
    }
  }
}

/// Every edit of a plan is read by Windows, brings TLS 1.1 back nowhere, and leaves nothing to
/// plan.
TEST_CASE("Whatever the value and the policy, an edit settles its row") {
  const std::vector<std::pair<Family, std::uint32_t>> systems = {{Family::windows_7, 7601},
                                                                 {Family::windows_8_1, 9600},
                                                                 {Family::windows_10, 0},
                                                                 {Family::windows_10, 19045},
                                                                 {Family::windows_10, 26100}};
  constexpr std::uint32_t defined = 64;     // combinations of the six bits that are defined
  constexpr std::uint32_t values = 64 + 2;  // and two with another bit; then no value
  const auto combination = [](std::uint32_t number) {
    std::uint32_t mask = 0;
    for (std::size_t i = 0; i < protocols.size(); ++i) {
      mask |= (number >> i & 1U) * protocols.at(i).bit;
    }
    return number < defined ? mask : 0x802 + number;
  };
  std::uint64_t wrong = 0;
  std::uint64_t settled = 0;
  for (const auto& [family, build] : systems) {
    auto i = fresh(family, build, windows::Architecture::x86);
    windows::ValueFact& fact = secure_protocols(i, View::native);
    const windows::ValueFact absent = fact;
    const bool newer = family == Family::windows_8_1 || family == Family::windows_10;
    for (std::uint32_t asked = 0; asked < defined * defined; ++asked) {
      Policy policy = builtin_policy("baseline");
      policy.schannel.clear();
      policy.require_kb3140245 = false;
      policy.secure_protocols_required = combination(asked % defined);
      policy.secure_protocols_forbidden = combination(asked / defined);
      if ((policy.secure_protocols_required & policy.secure_protocols_forbidden) != 0) continue;
      const MaskDemand demand =
          demand_of(i.os, policy.secure_protocols_required, policy.secure_protocols_forbidden);
      for (std::uint32_t value = 0; value <= values; ++value) {
        fact = absent;
        if (value < values) set_dword(fact, combination(value));
        const auto question = [&] {
          return MaskQuestion{fact, i.os, winhttp_rules(i.os), demand, "", id, policy.name};
        };
        const MaskReading before = read_masks(fact, winhttp_rules(i.os));
        const Finding row = judge_masks(question());
        if (row.edits.empty()) continue;
        ++settled;
        const auto after = row.edits[0].after;
        if (after) {
          set_data(fact, after->type, after->data);
        } else {
          fact = absent;
        }
        const MaskReading result = read_masks(fact, winhttp_rules(i.os));
        const Finding again = judge_masks(question());
        const bool is_right = again.verdict == Verdict::pass || again.verdict == Verdict::warn;
        const bool planned_again = !again.edits.empty() && !again.only_when_named;
        const bool read = !after || result.how == MaskReading::How::set;
        const bool was_there = std::any_of(before.masks.begin(), before.masks.end(),
                                           [](std::uint32_t mask) { return (mask & tls11) != 0; });
        const bool adds_tls11 = newer && after && (result.bits & tls11) != 0 && !was_there;
        if (is_right && !planned_again && read && !adds_tls11) continue;
        if (++wrong > 5) continue;
        FAIL_CHECK(to_string(family)
                   << " " << build << std::hex << " value " << combination(value) << " required "
                   << policy.secure_protocols_required << " forbidden "
                   << policy.secure_protocols_forbidden << ": " << row.message << " -> "
                   << result.bits << ": " << again.message);
      }
    }
  }
  CHECK(wrong == 0);
  CHECK(settled > 50'000);
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

}  // namespace
}  // namespace goldhive::policy
