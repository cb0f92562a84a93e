#include <catch2/catch.hpp>

#include "tests/policy/literal_facts.h"

namespace goldhive::policy {
namespace {

using namespace goldhive::testing;
using hive::ValueType;
using windows::DotNetFacts;
using windows::View;

Policy policy_with_dotnet() {
  Policy policy = builtin_policy("baseline");
  policy.check_dotnet = true;
  return policy;
}

/// Both values absent for each view and runtime.
windows::Installation with_dotnet() {
  windows::Installation i = windows_7();
  for (const View view : {View::native, View::wow64}) {
    for (const char* runtime : {"v2.0.50727", "v4.0.30319"}) {
      DotNetFacts facts{view, runtime, {}, {}};
      facts.strong_crypto = secure_protocols(i, view);
      facts.strong_crypto.value = "SchUseStrongCrypto";
      facts.system_default_tls = facts.strong_crypto;
      facts.system_default_tls.value = "SystemDefaultTlsVersions";
      i.dotnet.push_back(facts);
    }
  }
  return i;
}

TEST_CASE("The .NET values are judged per view and runtime where the policy asks") {
  CHECK(baseline_rows(with_dotnet(), "dotnet.strong-crypto").empty());
  CHECK(rows_of(evaluate(windows_7(), policy_with_dotnet(), today), "dotnet.strong-crypto")
            .at(0)
            .verdict == Verdict::undetermined);  // not looked for
  auto i = with_dotnet();
  set_dword(i.dotnet.at(0).strong_crypto, 1);
  set_dword(i.dotnet.at(1).strong_crypto, 0);
  const auto findings = evaluate(i, policy_with_dotnet(), today);
  const auto rows = rows_of(findings, "dotnet.strong-crypto");
  REQUIRE(rows.size() == 4);
  CHECK(rows[0].verdict == Verdict::pass);
  CHECK(rows[1].verdict == Verdict::fail);
  CHECK(rows[1].message == "switched off");
  CHECK(rows[1].edits.size() == 1);
  CHECK(rows[2].verdict == Verdict::fail);
  CHECK(rows[2].message == "not set");
  CHECK(rows_of(findings, "dotnet.system-default-tls").size() == 4);
}

TEST_CASE("Exactly 1 switches a .NET value on") {
  struct Case {
    ValueType type;
    Bytes data;
    Verdict verdict;
    const char* message;
  };
  const std::vector<Case> cases = {
      {ValueType::dword, {1, 0, 0, 0}, Verdict::pass, "on"},
      {ValueType::dword, {0, 0, 0, 0}, Verdict::fail, "switched off"},
      {ValueType::dword, {2, 0, 0, 0}, Verdict::fail, "0x2 is off"},
      {ValueType::dword, {0xFF, 0xFF, 0xFF, 0xFF}, Verdict::fail, "0xffffffff is off"},
      {ValueType::dword, {1, 0, 0}, Verdict::fail, "not a REG_DWORD"},
      {ValueType::qword, {1, 0, 0, 0, 0, 0, 0, 0}, Verdict::fail, "REG_QWORD is not a REG_DWORD"},
      {ValueType::sz, {'1', 0, 0, 0}, Verdict::fail, "REG_SZ is not a REG_DWORD"},
  };
  for (const Case& c : cases) {
    for (const auto value : {&DotNetFacts::strong_crypto, &DotNetFacts::system_default_tls}) {
      auto i = with_dotnet();
      set_data(i.dotnet.at(0).*value, c.type, c.data);
      const auto id = value == &DotNetFacts::strong_crypto ? "dotnet.strong-crypto"
                                                           : "dotnet.system-default-tls";
      const Finding row = rows_of(evaluate(i, policy_with_dotnet(), today), id).at(0);
      INFO(id << ": " << row.message);
      CHECK(row.verdict == c.verdict);
      CHECK_THAT(row.message, Catch::Contains(c.message));
      CHECK(row.edits.size() == (c.verdict == Verdict::pass ? 0 : 1));
      if (!row.edits.empty()) {
        CHECK(row.edits[0].after == Edit::Data{ValueType::dword, {1, 0, 0, 0}});
      }
    }
  }
}

TEST_CASE("Without the architecture nothing is said about .NET in the 32-bit view") {
  auto i = with_dotnet();
  i.os.architecture = windows::Architecture::unknown;
  auto rows = rows_of(evaluate(i, policy_with_dotnet(), today), "dotnet.strong-crypto");
  REQUIRE(rows.size() == 4);
  CHECK(rows[0].verdict == Verdict::fail);
  CHECK(rows[2].verdict == Verdict::undetermined);
  CHECK(rows[2].edits.empty());
  i.os.architecture = windows::Architecture::x86;
  CHECK(rows_of(evaluate(i, policy_with_dotnet(), today), "dotnet.strong-crypto").size() == 2);
}

}  // namespace
}  // namespace goldhive::policy
