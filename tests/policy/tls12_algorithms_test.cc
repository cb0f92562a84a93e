// schannel.tls12-algorithms: what is switched off may not leave TLS 1.2 without one of a kind.
#include <catch2/catch.hpp>

#include <algorithm>
#include <optional>

#include "imgtools/bytes/error.h"
#include "src/hive/recovery.h"
#include "src/policy/plan.h"
#include "tests/policy/literal_facts.h"
#include "tests/windows/sample.h"

namespace goldhive::policy {
namespace {

using namespace goldhive::testing;
using windows::Family;
namespace settings = windows::settings;

constexpr std::string_view id = "schannel.tls12-algorithms";

void set(windows::Installation& i, const windows::Setting& setting,
         std::initializer_list<std::string_view> names, std::uint32_t number,
         std::uint32_t control_set = 1) {
  for (const std::string_view name : names) {
    set_dword(setting_value(i, setting, control_set, name), number);
  }
}
void switch_off(windows::Installation& i, const windows::Setting& setting,
                std::initializer_list<std::string_view> names, std::uint32_t control_set = 1) {
  set(i, setting, names, 0, control_set);
}
void switch_off_all_ciphers(windows::Installation& i, std::uint32_t control_set = 1) {
  switch_off(i, settings::schannel_cipher,
             {"AES 128/128", "AES 256/256", "Triple DES 168", "RC4 128/128"}, control_set);
}

Policy requiring(const std::string& names) {
  return parse_policy("name = \"x\"\n[require]\n\"schannel.tls12-algorithms\" = [" + names + "]\n",
                      "x.toml");
}

TEST_CASE("Algorithms that are not set or are on have no row") {
  auto i = compliant_windows_7();
  CHECK(baseline_rows(i, id).empty());
  set(i, settings::schannel_cipher, {"AES 128/128"}, 1);
  set(i, settings::schannel_cipher, {"AES 256/256"}, 0xffffffff);
  CHECK(baseline_rows(i, id).empty());
}

TEST_CASE("Old algorithms that are switched off leave TLS 1.2 enough") {
  auto i = compliant_windows_7();
  switch_off(i, settings::schannel_cipher, {"RC4 128/128", "Triple DES 168", "AES 128/128"});
  const auto rows = baseline_rows(i, id);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].verdict == Verdict::pass);
  CHECK(rows[0].subject == "ciphers");
  CHECK(rows[0].severity == Severity::info);
  CHECK(rows[0].message ==
        "TLS 1.2 has AES 256/256; switched off: AES 128/128, Triple DES 168, RC4 128/128");
}

TEST_CASE("TLS 1.2 fails where all ciphers, hashes or key exchanges are switched off") {
  for (const Family family : {Family::windows_7, Family::windows_8, Family::windows_8_1}) {
    auto i = fresh(family, family == Family::windows_7 ? 7601 : 9600);
    switch_off_all_ciphers(i);
    switch_off(i, settings::schannel_hash, {"SHA", "SHA256", "SHA384", "MD5"});
    switch_off(i, settings::schannel_key_exchange, {"PKCS", "ECDH", "Diffie-Hellman"});
    const auto rows = baseline_rows(i, id);
    REQUIRE(rows.size() == 3);
    for (const Finding& row : rows) {
      CHECK(row.verdict == Verdict::fail);
      CHECK(row.severity == Severity::high);
      CHECK(row.actual == "0x0");
      CHECK_FALSE(row.fixable());  // switched off on purpose, as far as anyone knows
    }
    CHECK(rows[0].message.starts_with("TLS 1.2 has no cipher left"));
    CHECK(rows[1].message.starts_with("TLS 1.2 has no hash left"));
    CHECK(rows[2].message.starts_with("TLS 1.2 has no key exchange left"));
  }
}

TEST_CASE("Only weak algorithms that are left are a warning") {
  auto i = compliant_windows_7();
  switch_off(i, settings::schannel_cipher, {"AES 128/128", "AES 256/256", "RC4 128/128"});
  switch_off(i, settings::schannel_hash, {"SHA", "SHA256", "SHA384"});
  const auto rows = baseline_rows(i, id);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].verdict == Verdict::warn);
  CHECK(rows[0].message.find("no cipher left but Triple DES 168,") != std::string::npos);
  CHECK(rows[1].verdict == Verdict::warn);
  CHECK(rows[1].message.find("no hash left but MD5,") != std::string::npos);
  // No suite has both of these.
  CHECK(rows[2].verdict == Verdict::fail);
}

TEST_CASE("A value that does not tell is undetermined only where it decides") {
  auto i = compliant_windows_7();
  auto& aes = setting_value(i, settings::schannel_cipher, 1, "AES 128/128");
  const auto verdict = [&] { return baseline_rows(i, id).at(0).verdict; };
  set_data(aes, hive::ValueType::sz, {'0', 0, 0, 0});
  CHECK(verdict() == Verdict::pass);
  switch_off(i, settings::schannel_cipher, {"AES 256/256"});
  CHECK(verdict() == Verdict::undetermined);
  CHECK(baseline_rows(i, id).at(0).message.find("a REG_DWORD would settle it") !=
        std::string::npos);
  set_unknown(aes, "a cell lies outside of the hive");
  CHECK(verdict() == Verdict::undetermined);
  switch_off_all_ciphers(i);
  CHECK(verdict() == Verdict::fail);
  set_unknown(setting_value(i, settings::schannel_cipher, 1, "RC4 128/128"), "no such cell");
  CHECK(verdict() == Verdict::undetermined);
}

TEST_CASE("Whether Windows 10 obeys what is switched off is not known") {
  auto i = fresh(Family::windows_10, 19045);
  switch_off(i, settings::schannel_cipher, {"RC4 128/128"});
  CHECK(baseline_rows(i, id).at(0).verdict == Verdict::pass);
  switch_off_all_ciphers(i);
  const Finding row = baseline_rows(i, id).at(0);
  CHECK(row.verdict == Verdict::undetermined);
  CHECK(row.message.find("Windows 10") != std::string::npos);
}

TEST_CASE("Algorithms are not judged where TLS is not") {
  auto i = fresh(Family::vista, 6002);
  switch_off_all_ciphers(i);
  const auto rows = baseline_rows(i, id);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].verdict == Verdict::not_applicable);
  auto unknown = windows_7();
  switch_off_all_ciphers(unknown);
  unknown.os.family = Family::unknown;
  CHECK(baseline_rows(unknown, id).at(0).verdict == Verdict::undetermined);
  CHECK(baseline_rows(unknown, id).at(0).severity == Severity::high);
}

TEST_CASE("The control set that boots decides on algorithms, others are information") {
  auto i = compliant_windows_7();
  add_control_set(i, 2);
  switch_off_all_ciphers(i, 2);
  CHECK(baseline_rows(i, id).at(0).severity == Severity::info);
  switch_off_all_ciphers(i, 1);
  const auto both = baseline_rows(i, id);
  REQUIRE(both.size() == 2);
  CHECK(both[1].control_set == 2U);
  CHECK(both[1].severity == Severity::high);
  i.control_sets.boots.reset();
  i.control_sets.error = "Select is missing";
  for (const Finding& row : baseline_rows(i, id)) {
    CHECK(row.verdict == Verdict::undetermined);
    CHECK(row.severity == Severity::high);
  }
}

TEST_CASE("What the policy requires by name fails where it is off and is put right by a plan") {
  const Policy policy = requiring("\"AES 128/128\", \"ECDH\"");
  auto i = compliant_windows_7();
  CHECK(rows_of(evaluate(i, policy, today), id).empty());
  switch_off(i, settings::schannel_cipher, {"AES 128/128", "RC4 128/128"});
  set_data(setting_value(i, settings::schannel_key_exchange, 1, "ECDH"), hive::ValueType::qword,
           Bytes(8));
  const auto findings = evaluate(i, policy, today);
  const auto rows = rows_of(findings, id);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].verdict == Verdict::fail);
  CHECK(rows[0].message == "switched off: AES 128/128, which the policy requires");
  CHECK(rows[0].expected == "0xffffffff");
  CHECK(rows[1].verdict == Verdict::undetermined);

  const auto plan = make_plan(i, findings, {});
  REQUIRE(plan.size() == 2);
  for (const Edit& edit : plan) {
    CHECK(is_plannable(edit));
    CHECK(edit.value == "Enabled");
    CHECK(edit.after->data == Bytes(4, 0xff));
  }
  CHECK(plan[0].key.ends_with("SCHANNEL\\Ciphers\\AES 128/128"));
  const auto after = evaluate(predict(i, plan), policy, today);
  const auto passed = rows_of(after, id);
  REQUIRE(passed.size() == 1);  // RC4 stays off, as somebody wanted it
  CHECK(passed[0].verdict == Verdict::pass);
  CHECK(make_plan(predict(i, plan), after, {}).empty());
}

TEST_CASE("A policy can require only algorithms that are good for TLS 1.2") {
  CHECK_THROWS_WITH(requiring("\"RC4 128/128\""), Catch::Contains("is not a value of"));
  CHECK_THROWS_WITH(requiring("\"AES 128-128\""), Catch::Contains("did you mean 'AES 128/128'"));
  CHECK_THROWS_WITH(requiring("7"), Catch::Contains("must be a list of names"));
}

TEST_CASE("Algorithms are read from a hive, a slash being part of their names") {
  windows::Sample sample;
  const std::string schannel = "ControlSet001\\Control\\SecurityProviders\\SCHANNEL\\";
  for (const char* cipher : {"AES 128/128", "AES 256/256", "Triple DES 168", "RC4 128/128"}) {
    sample.system += "[" + schannel + "Ciphers\\" + cipher + "]\n\"Enabled\"=dword:0\n";
  }
  const auto rows = baseline_rows(sample.facts(), id);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].verdict == Verdict::fail);
  CHECK(rows[0].control_set == 1U);
  CHECK(rows[0].key == "HKLM\\SYSTEM\\" + schannel + "Ciphers\\AES 256/256");
}

/// As stored, with its terminator; '|' stands for NUL.
Bytes stored(std::string_view text) {
  Bytes data;
  for (const char c : std::string(text) + '|') {
    data.push_back(c == '|' ? std::uint8_t{0} : static_cast<std::uint8_t>(c));
    data.push_back(0);
  }
  return data;
}
void list_of_policy(windows::Installation& i, std::string_view list) {
  set_data(setting_value(i, settings::cipher_suite_order), hive::ValueType::sz, stored(list));
}
void list_of_windows(windows::Installation& i, std::string_view list, std::uint32_t set = 1) {
  set_data(setting_value(i, settings::local_suite_order, set), hive::ValueType::multi_sz,
           stored(list));
}
constexpr std::string_view aes_256_alone =
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384_P256,TLS_RSA_WITH_AES_256_CBC_SHA256";

/// The row of what list and switches leave together.
std::optional<Finding> together(const windows::Installation& i) {
  for (Finding& row : baseline_rows(i, id)) {
    if (row.subject == "cipher suites") return std::move(row);
  }
  return std::nullopt;
}
bool in_evidence(const Finding& row, std::string_view words) {
  return std::any_of(row.evidence.begin(), row.evidence.end(), [&](const std::string& line) {
    return line.find(words) != std::string::npos;
  });
}

TEST_CASE("A list and switches that exclude each other only together leave TLS 1.2 nothing") {
  for (const bool by_policy : {true, false}) {
    auto i = compliant_windows_7();
    if (by_policy) {
      list_of_policy(i, aes_256_alone);
    } else {
      list_of_windows(i, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384_P256|TLS_RSA_WITH_RC4_128_SHA|");
      switch_off(i, settings::schannel_cipher, {"RC4 128/128"});
    }
    CHECK(!(together(i) && by_policy));
    switch_off(i, settings::schannel_cipher, {"AES 256/256"});
    const auto row = together(i);
    REQUIRE(row);
    CHECK(row->verdict == Verdict::fail);
    CHECK(row->severity == Severity::high);
    CHECK(row->control_set == 1U);
    CHECK(row->message.find("no cipher suite left") != std::string::npos);
    CHECK(in_evidence(*row, by_policy ? "Policies\\Microsoft" : "Local\\SSL\\00010002"));
    CHECK(in_evidence(*row, "AES 256/256: "));
    CHECK(!row->fixable());
  }
}

TEST_CASE("Switches of several kinds leave no suite though each kind has one") {
  auto i = compliant_windows_7();
  // ECDHE with AES 256 has SHA384 or SHA on Windows 7, never SHA256.
  switch_off(i, settings::schannel_cipher, {"AES 128/128", "Triple DES 168", "RC4 128/128"});
  switch_off(i, settings::schannel_hash, {"SHA384", "SHA", "MD5"});
  switch_off(i, settings::schannel_key_exchange, {"PKCS", "Diffie-Hellman"});
  const auto row = together(i);
  REQUIRE(row);
  CHECK(row->verdict == Verdict::fail);
  set(i, settings::schannel_hash, {"SHA384"}, 1);
  CHECK(!together(i));
}

TEST_CASE("Old suites or such for ECDSA that list and switches leave are a warning") {
  auto i = compliant_windows_7();
  list_of_policy(i, "TLS_RSA_WITH_AES_128_CBC_SHA256,TLS_RSA_WITH_3DES_EDE_CBC_SHA");
  switch_off(i, settings::schannel_cipher, {"AES 128/128"});
  CHECK(together(i).value().verdict == Verdict::warn);
  list_of_policy(i, "TLS_RSA_WITH_AES_128_CBC_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384_P384");
  CHECK(together(i).value().verdict == Verdict::warn);
}

TEST_CASE("What list and switches leave is open where either of them is") {
  auto i = compliant_windows_7();
  list_of_policy(i, aes_256_alone);
  set_data(setting_value(i, settings::schannel_cipher, 1, "AES 256/256"), hive::ValueType::sz,
           stored("0"));
  CHECK(together(i).value().verdict == Verdict::undetermined);

  auto ten = fresh(Family::windows_10, 19045);
  list_of_policy(ten, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
  switch_off(ten, settings::schannel_cipher, {"AES 256/256"});
  CHECK(together(ten).value().verdict == Verdict::undetermined);

  auto updated = compliant_windows_7();
  list_of_policy(updated, "TLS_RSA_WITH_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_256_CBC_SHA256");
  switch_off(updated, settings::schannel_cipher, {"AES 256/256"});
  CHECK(together(updated).value().verdict == Verdict::undetermined);
}

TEST_CASE("A policy that nobody could read may have another list than Windows itself") {
  auto i = compliant_windows_7();
  list_of_windows(i, "TLS_RSA_WITH_AES_256_CBC_SHA256|TLS_RSA_WITH_AES_128_CBC_SHA|");
  switch_off(i, settings::schannel_cipher, {"AES 256/256", "AES 128/128"});
  i.hives[0].missing = true;
  i.os.why_unknown.clear();
  const auto row = together(i);
  REQUIRE(row);
  CHECK(row->verdict == Verdict::undetermined);
  CHECK(row->message.find("SOFTWARE is missing") != std::string::npos);
}

TEST_CASE("A dirty SOFTWARE may hold another list than the one that was read") {
  auto i = compliant_windows_7();
  list_of_policy(i, aes_256_alone);
  switch_off(i, settings::schannel_cipher, {"AES 256/256"});
  i.hives[0].state = hive::HiveState::dirty;
  CHECK(together(i).value().verdict == Verdict::undetermined);
}

TEST_CASE("A policy's list counts instead of the one of Windows itself") {
  auto i = compliant_windows_7();
  list_of_windows(i, "TLS_RSA_WITH_AES_256_CBC_SHA256|");
  switch_off(i, settings::schannel_cipher, {"AES 256/256"});
  CHECK(together(i).value().verdict == Verdict::fail);
  list_of_policy(i, "TLS_RSA_WITH_AES_128_CBC_SHA256");
  CHECK(!together(i));
}

TEST_CASE("What list and switches leave in a control set that does not boot only informs") {
  auto i = compliant_windows_7();
  add_control_set(i, 2);
  list_of_policy(i, aes_256_alone);
  switch_off(i, settings::schannel_cipher, {"AES 256/256"}, 2);
  const auto row = together(i);
  REQUIRE(row);
  CHECK(row->control_set == 2U);
  CHECK(row->only_informs);
}

}  // namespace
}  // namespace goldhive::policy
