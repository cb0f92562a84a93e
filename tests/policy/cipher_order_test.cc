// schannel.cipher-suite-order: what a policy's list of cipher suites leaves of TLS 1.2.
#include <catch2/catch.hpp>

#include "src/hive/recovery.h"
#include "tests/policy/literal_facts.h"
#include "tests/support/corpus.h"

namespace goldhive::policy {
namespace {

using namespace goldhive::testing;
using hive::ValueType;
using windows::Family;

constexpr std::string_view id = "schannel.cipher-suite-order";

/// As stored, with its terminator; '|' stands for NUL.
Bytes stored(std::string_view text) {
  Bytes data;
  for (const char c : std::string(text) + '|') {
    data.push_back(c == '|' ? std::uint8_t{0} : static_cast<std::uint8_t>(c));
    data.push_back(0);
  }
  return data;
}

Finding judged(Family family, std::uint32_t build, Bytes data, ValueType type = ValueType::sz) {
  auto i = fresh(family, build);
  set_data(setting_value(i, windows::settings::cipher_suite_order), type, std::move(data));
  return baseline_rows(i, id).at(0);
}

Finding on_7(std::string_view list) { return judged(Family::windows_7, 7601, stored(list)); }
Finding on_10(std::string_view list) { return judged(Family::windows_10, 19045, stored(list)); }

bool says(const Finding& row, std::string_view words) {
  if (row.message.find(words) != std::string::npos) return true;
  for (const std::string& line : row.evidence) {
    if (line.find(words) != std::string::npos) return true;
  }
  return false;
}

TEST_CASE("Without a policy the order of cipher suites has no row") {
  CHECK(baseline_rows(compliant_windows_7(), id).empty());
}

TEST_CASE("A list with cipher suites that TLS 1.2 peers accept passes and says how many") {
  const Finding row = on_7(
      "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256_P256,TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256_P256,"
      "TLS_RSA_WITH_RC4_128_SHA,");
  CHECK(row.verdict == Verdict::pass);
  CHECK(row.severity == Severity::info);
  CHECK(row.message == "a policy allows 3 cipher suites, 2 of them good for TLS 1.2");
  CHECK(row.actual_type == "REG_SZ");
  CHECK(!row.fixable());
}

TEST_CASE("A list made for Windows 10 leaves TLS 1.2 of Windows 7 and 8 nothing") {
  const std::string list =
      "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384,"
      "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
  for (const auto& [family, build] : {std::pair{Family::windows_7, 7601U},
                                      {Family::windows_8, 9200U},
                                      {Family::windows_8_1, 9600U}}) {
    const Finding row = judged(family, build, stored(list));
    CHECK(row.verdict == Verdict::fail);
    CHECK(row.severity == Severity::high);
    CHECK(says(row, "2 of the names lack the curve"));
    CHECK(says(row, "Not Configured"));
    CHECK(!row.fixable());
  }
  CHECK(on_10(list).verdict == Verdict::pass);
}

TEST_CASE("A curve behind the name does not matter from Windows 10 on") {
  CHECK(on_10("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256_P256").verdict == Verdict::pass);
}

TEST_CASE("A curve that is off by default leaves it open whether peers have it") {
  CHECK(on_7("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256_P521").verdict == Verdict::undetermined);
  CHECK(on_10("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256_P521").verdict == Verdict::undetermined);
}

TEST_CASE("The order that a real Windows 7 has itself is good for TLS 1.2") {
  if (!has_corpus()) return;
  const auto opened = hive::open_with_logs(corpus_file("real/SYSTEM.win7"), {});
  const auto key = opened.hive->root().find_path(
      "ControlSet001\\Control\\Cryptography\\Configuration\\Local\\SSL\\00010002");
  REQUIRE(key);
  const Finding row =
      judged(Family::windows_7, 7601, key->value("Functions")->data(), ValueType::multi_sz);
  CHECK(row.verdict == Verdict::pass);
  CHECK(row.message == "a policy allows 30 cipher suites, 16 of them good for TLS 1.2");
  CHECK(row.evidence.at(0) ==
        "for TLS 1.2 with an RSA certificate: 8, with an ECDSA certificate: 8, old: 5, doubtful: "
        "0, of no use: 9");
}

TEST_CASE("ECDHE_RSA with GCM does not exist before Windows 10 even with a curve") {
  CHECK(on_7("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256_P256").verdict == Verdict::fail);
}

TEST_CASE("Suites that an update brought to Windows 7 leave it open whether they are there") {
  const Finding row = on_7("TLS_RSA_WITH_AES_128_GCM_SHA256");
  CHECK(row.verdict == Verdict::undetermined);
  CHECK(says(row, "update of 2014"));
  CHECK(says(row, "would settle it"));
  CHECK(on_10("TLS_RSA_WITH_AES_128_GCM_SHA256").verdict == Verdict::pass);
}

TEST_CASE("Suites of TLS 1.3 alone leave TLS 1.2 nothing") {
  CHECK(on_10("TLS_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256").verdict == Verdict::fail);
}

TEST_CASE("Old and broken suites alone are a warning though TLS 1.2 could speak with them") {
  CHECK(says(on_7("TLS_RSA_WITH_AES_128_CBC_SHA"), "only old cipher suites"));
  CHECK(on_7("TLS_RSA_WITH_3DES_EDE_CBC_SHA,TLS_RSA_WITH_NULL_SHA256").verdict == Verdict::warn);
  // A shared key or no encryption is nothing that a peer of the web accepts.
  CHECK(on_10("TLS_PSK_WITH_AES_256_GCM_SHA384,TLS_RSA_WITH_NULL_SHA256").verdict == Verdict::fail);
}

TEST_CASE("A list for peers with ECDSA certificates alone is a warning") {
  const Finding row = on_7("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256_P256");
  CHECK(row.verdict == Verdict::warn);
  CHECK(says(row, "ECDSA certificate"));
}

TEST_CASE("Names of another kind are no cipher suites of Schannel") {
  CHECK(on_10("ECDHE-RSA-AES128-GCM-SHA256").verdict == Verdict::fail);
}

TEST_CASE(
    "A name that is spelled otherwise or unknown leaves it open unless another name is plain") {
  CHECK(on_7("TLS_RSA_WITH_RC4_128_SHA, TLS_RSA_WITH_AES_128_CBC_SHA256").verdict ==
        Verdict::undetermined);
  CHECK(on_7("tls_rsa_with_aes_128_cbc_sha256").verdict == Verdict::undetermined);
  CHECK(on_10("TLS_ECDHE_RSA_WITH_CAMELLIA_128_GCM_SHA256").verdict == Verdict::undetermined);
  CHECK(on_7("TLS_ECDHE_RSA_WITH_CAMELLIA_128_GCM_SHA256").verdict == Verdict::fail);
  CHECK(on_7("TLS_RSA_WITH_AES_128_CBC_SHA256, TLS_RSA_WITH_AES_256_CBC_SHA256").verdict ==
        Verdict::pass);
}

TEST_CASE("A name behind the 1,023 characters that a list may have decides nothing") {
  std::string list;
  while (list.size() < 1000) list += "TLS_RSA_WITH_NULL_SHA,";
  const Finding row = on_7(list + "TLS_RSA_WITH_AES_128_CBC_SHA256");
  CHECK(row.verdict == Verdict::undetermined);
  CHECK(says(row, "1,023 characters"));
}

TEST_CASE("A REG_MULTI_SZ is a list of any length with one name a string") {
  std::string list;
  while (list.size() < 1100) list += "TLS_RSA_WITH_NULL_SHA|";
  const Finding row =
      judged(Family::windows_7, 7601, stored(list + "TLS_RSA_WITH_AES_128_CBC_SHA256|"),
             ValueType::multi_sz);
  CHECK(row.verdict == Verdict::pass);
  CHECK(row.actual_type == "REG_MULTI_SZ");
  CHECK(row.actual->starts_with("TLS_RSA_WITH_NULL_SHA,TLS_RSA_WITH_NULL_SHA,"));
}

TEST_CASE("A list of another type or cut off or empty or unreadable is undetermined") {
  const std::string good = "TLS_RSA_WITH_AES_128_CBC_SHA256";
  Bytes cut = stored(good);
  cut.resize(cut.size() - 2);
  Bytes odd = stored(good);
  odd.push_back(0);
  std::vector<Finding> rows = {
      judged(Family::windows_7, 7601, stored(good), ValueType::expand_sz),
      judged(Family::windows_7, 7601, {1, 0, 0, 0}, ValueType::dword),
      judged(Family::windows_7, 7601, cut),
      judged(Family::windows_7, 7601, odd),
      judged(Family::windows_7, 7601, {}),
      on_7(""),
      on_7(",,"),
      on_7("TLS_RSA_WITH_RC4_128_SHA|" + good),
      judged(Family::windows_7, 7601, stored("TLS_RSA_WITH_RC4_128_SHA||" + good + "|"),
             ValueType::multi_sz),
  };
  auto i = windows_7();
  set_unknown(setting_value(i, windows::settings::cipher_suite_order),
              "Functions has 3000000 bytes of data, which are not read");
  rows.push_back(baseline_rows(i, id).at(0));
  for (const Finding& row : rows) {
    INFO(row.message);
    CHECK(row.verdict == Verdict::undetermined);
    CHECK(says(row, "would settle it"));
  }
}

TEST_CASE("The order of cipher suites is not judged where TLS is not or SOFTWARE is missing") {
  CHECK(judged(Family::vista, 6002, stored("TLS_RSA_WITH_RC4_128_SHA")).verdict ==
        Verdict::not_applicable);
  auto i = windows_7();
  remove_hive(i, windows::HiveName::software);
  CHECK(baseline_rows(i, id).empty());
}

std::vector<Finding> with_own_list(std::string_view list, ValueType type = ValueType::multi_sz) {
  auto i = compliant_windows_7();
  set_data(setting_value(i, windows::settings::local_suite_order, 1), type, stored(list));
  return baseline_rows(i, id);
}

TEST_CASE(
    "Where no policy has a list that of Windows itself counts and has a row if it is not good") {
  CHECK(with_own_list("TLS_RSA_WITH_AES_128_CBC_SHA256|").empty());
  const auto rows = with_own_list("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256|");
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].verdict == Verdict::fail);
  CHECK(rows[0].severity == Severity::high);
  CHECK(rows[0].control_set == 1U);
  CHECK(says(rows[0], "the list of Windows itself leaves TLS 1.2 no cipher suite"));
  CHECK(with_own_list("TLS_RSA_WITH_RC4_128_SHA|").at(0).verdict == Verdict::warn);
}

TEST_CASE("A list of Windows itself that is not as Windows writes it is undetermined") {
  CHECK(with_own_list("TLS_RSA_WITH_AES_128_CBC_SHA256", ValueType::sz).at(0).verdict ==
        Verdict::undetermined);
  CHECK(with_own_list("TLS_RSA_WITH_AES_128_CBC_SHA256,TLS_RSA_WITH_RC4_128_SHA|").at(0).verdict ==
        Verdict::undetermined);
  CHECK(with_own_list("|").at(0).verdict == Verdict::undetermined);
  auto i = compliant_windows_7();
  windows::ValueFact& value = setting_value(i, windows::settings::local_suite_order, 1);
  value.key_presence = windows::Presence::present;
  CHECK(says(baseline_rows(i, id).at(0), "without its value"));
  set_unknown(value, "its cell is damaged");
  CHECK(baseline_rows(i, id).at(0).verdict == Verdict::undetermined);
}

TEST_CASE("A policy's list or a SOFTWARE that nobody could read stands before Windows' own list") {
  auto i = compliant_windows_7();
  set_data(setting_value(i, windows::settings::local_suite_order, 1), ValueType::multi_sz,
           stored("TLS_RSA_WITH_NULL_SHA|"));
  set_data(setting_value(i, windows::settings::cipher_suite_order), ValueType::sz,
           stored("TLS_RSA_WITH_AES_128_CBC_SHA256"));
  REQUIRE(baseline_rows(i, id).size() == 1);
  CHECK(baseline_rows(i, id)[0].verdict == Verdict::pass);
  i.hives[0].missing = true;
  REQUIRE(baseline_rows(i, id).size() == 1);
  CHECK(baseline_rows(i, id)[0].verdict == Verdict::undetermined);
  CHECK(says(baseline_rows(i, id)[0], "SOFTWARE is missing"));
}

TEST_CASE("Windows' own list in a control set that does not boot only informs") {
  auto i = compliant_windows_7();
  add_control_set(i, 2);
  set_data(setting_value(i, windows::settings::local_suite_order, 2), ValueType::multi_sz,
           stored("TLS_RSA_WITH_NULL_SHA|"));
  REQUIRE(baseline_rows(i, id).size() == 1);
  CHECK(baseline_rows(i, id)[0].severity == Severity::info);
}

}  // namespace
}  // namespace goldhive::policy
