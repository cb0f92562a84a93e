#include <catch2/catch.hpp>

#include "src/policy/protocols.h"
#include "tests/policy/literal_facts.h"

namespace goldhive::policy {
namespace {

using namespace goldhive::testing;
using windows::Family;
using windows::ValueFact;

/// The value of the machine and of the policy, absent.
windows::Installation with_wininet(Family family, std::uint32_t build) {
  auto i = fresh(family, build);
  ValueFact value = secure_protocols(i, windows::View::native);
  value.value = "SecureProtocols";
  i.wininet = {{"machine", value}, {"policy", value}};
  return i;
}

std::vector<Finding> judged(const windows::Installation& i,
                            std::uint32_t required = tls11 | tls12) {
  Policy policy = builtin_policy("baseline");
  policy.wininet_required = required;
  return rows_of(evaluate(i, policy, today), "wininet.secure-protocols");
}

std::optional<std::uint32_t> planned(const Finding& row) {
  REQUIRE(row.edits.size() == 1);
  if (!row.edits[0].after) return std::nullopt;
  return ByteView(row.edits[0].after->data, 0, "edit").u32(0);
}

TEST_CASE("Where a policy sets SecureProtocols the value of the machine counts for nothing") {
  struct Case {
    std::optional<std::uint32_t> machine, policy;
    Verdict of_machine, of_policy;
  };
  const Verdict na = Verdict::not_applicable;
  const std::vector<Case> cases = {
      {0xA80, std::nullopt, Verdict::pass, na},
      {0xA0, std::nullopt, Verdict::fail, na},
      {0xA0, 0xA80, na, Verdict::pass},
      {0xA80, 0xA0, na, Verdict::fail},
      {0xA80, 0x800, na, Verdict::warn},
      // What is ignored sets nothing; then the machine's value may count, or the default.
      {0xA0, 0x2688, Verdict::fail, Verdict::undetermined},
      {0xA80, 0x2688, Verdict::pass, Verdict::undetermined},
  };
  for (const Case& c : cases) {
    auto i = with_wininet(Family::windows_7, 7601);
    if (c.machine) set_dword(i.wininet[0].secure_protocols, *c.machine);
    if (c.policy) set_dword(i.wininet[1].secure_protocols, *c.policy);
    const auto rows = judged(i);
    REQUIRE(rows.size() == 2);
    INFO(rows[0].message << " / " << rows[1].message);
    CHECK(rows[0].subject == "machine");
    CHECK(rows[0].verdict == c.of_machine);
    CHECK(rows[1].subject == "policy");
    CHECK(rows[1].verdict == c.of_policy);
    if (c.of_machine == na) CHECK(rows[0].edits.empty());
  }
}

TEST_CASE("SecureProtocols with undefined bits is ignored as DefaultSecureProtocols is") {
  auto i = with_wininet(Family::windows_7, 7601);
  set_dword(i.wininet[0].secure_protocols, 0x2688);
  Finding row = judged(i).at(0);
  // What Internet Explorer offers then depends on its version, which is not read.
  CHECK(row.verdict == Verdict::undetermined);
  CHECK_THAT(row.message, Catch::Contains("undefined bits 0x2400") &&
                              Catch::Contains("version of Internet Explorer") &&
                              Catch::Contains("2688 decimal is 0xa80"));
  CHECK(planned(row) == 0xA00U);

  i = with_wininet(Family::windows_8_1, 9600);
  set_dword(i.wininet[0].secure_protocols, 0x2688);
  row = judged(i).at(0);
  CHECK(row.verdict == Verdict::warn);
  CHECK(row.edits.empty());
}

TEST_CASE("Without SecureProtocols the default of Internet Explorer is judged") {
  for (const auto& [family, build, verdict] :
       {std::tuple{Family::windows_7, 7601U, Verdict::undetermined},
        std::tuple{Family::windows_8, 9200U, Verdict::undetermined},
        std::tuple{Family::windows_8_1, 9600U, Verdict::pass},
        std::tuple{Family::windows_10, 19045U, Verdict::pass},
        std::tuple{Family::windows_10, 26100U, Verdict::pass}}) {
    INFO(build);
    const auto rows = judged(with_wininet(family, build));
    CHECK(rows.at(0).verdict == verdict);
    CHECK(rows.at(1).verdict == Verdict::not_applicable);
  }
}

TEST_CASE("SecureProtocols is mended as Windows reads it best") {
  auto i = with_wininet(Family::windows_7, 7601);
  set_dword(i.wininet[0].secure_protocols, 0xA0);
  CHECK(planned(judged(i).at(0)) == 0xAA0U);
  i = with_wininet(Family::windows_10, 26100);
  set_dword(i.wininet[0].secure_protocols, 0xA0);
  CHECK(planned(judged(i).at(0)) == std::nullopt);
  // A policy that is gone leaves the value of the machine.
  set_dword(i.wininet[1].secure_protocols, 0xA0);
  CHECK(planned(judged(i).at(1)) == 0x8A0U);
  set_dword(i.wininet[0].secure_protocols, 0x2800);
  CHECK(planned(judged(i).at(1)) == std::nullopt);
}

TEST_CASE("Whether a policy overrides the machine's value must be known") {
  auto i = with_wininet(Family::windows_7, 7601);
  set_dword(i.wininet[0].secure_protocols, 0xA80);
  set_unknown(i.wininet[1].secure_protocols, "bad cell");
  const auto rows = judged(i);
  CHECK(rows.at(0).verdict == Verdict::undetermined);
  CHECK_THAT(rows.at(0).message, Catch::Contains("whether a policy overrides"));
  CHECK(rows.at(1).verdict == Verdict::undetermined);

  i = with_wininet(Family::windows_8_1, 9600);
  set_unknown(i.wininet[0].secure_protocols, "bad cell");
  set_dword(i.wininet[1].secure_protocols, 0);
  CHECK(judged(i).at(1).verdict == Verdict::undetermined);
  CHECK(planned(judged(i).at(1)) == 0x800U);
}

}  // namespace
}  // namespace goldhive::policy
