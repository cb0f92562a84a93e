// schannel.fips: reported where it is on, silent where it is off, never a failure.
#include <catch2/catch.hpp>

#include "tests/policy/literal_facts.h"

namespace goldhive::policy {
namespace {

using namespace goldhive::testing;
using windows::Family;

constexpr std::string_view id = "schannel.fips";

TEST_CASE("FIPS mode that is off or not set has no row") {
  auto i = compliant_windows_7();
  CHECK(baseline_rows(i, id).empty());
  set_dword(setting_value(i, windows::settings::fips, 1), 0);
  CHECK(baseline_rows(i, id).empty());
}

TEST_CASE("FIPS mode that is on is reported and fails nothing") {
  auto i = compliant_windows_7();
  set_dword(setting_value(i, windows::settings::fips, 1), 1);
  const auto rows = baseline_rows(i, id);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].verdict == Verdict::pass);
  CHECK(rows[0].severity == Severity::info);
  CHECK(rows[0].control_set == 1U);
  CHECK(rows[0].actual == "0x1");
  CHECK(rows[0].message.starts_with("FIPS mode is on"));
  CHECK(!rows[0].fixable());
}

TEST_CASE("FIPS mode has a row for each control set in which it is on") {
  auto i = compliant_windows_7();
  add_control_set(i, 2);
  set_dword(setting_value(i, windows::settings::fips, 2), 1);
  const auto rows = baseline_rows(i, id);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].control_set == 2U);
}

TEST_CASE("FIPS mode in a control set that may not boot is undetermined") {
  auto i = compliant_windows_7();
  set_dword(setting_value(i, windows::settings::fips, 1), 1);
  i.control_sets.boots.reset();
  i.control_sets.error = "Select\\Default names ControlSet003, which does not exist";
  const Finding row = baseline_rows(i, id).at(0);
  CHECK(row.verdict == Verdict::undetermined);
  CHECK(row.message.find("names ControlSet003") != std::string::npos);
}

TEST_CASE("A value for FIPS mode of another type or number or that is unreadable is undetermined") {
  auto i = compliant_windows_7();
  auto& fact = setting_value(i, windows::settings::fips, 1);
  const auto is_open = [&] {
    const auto rows = baseline_rows(i, id);
    return rows.size() == 1 && rows[0].verdict == Verdict::undetermined &&
           rows[0].severity == Severity::info &&
           rows[0].message.find("would settle it") != std::string::npos;
  };
  set_data(fact, hive::ValueType::sz, {'1', 0, 0, 0});
  CHECK(is_open());
  set_dword(fact, 2);
  CHECK(is_open());
  set_unknown(fact, "a cell lies outside of the hive");
  CHECK(is_open());
}

TEST_CASE("FIPS mode is not judged where TLS is not") {
  auto i = fresh(Family::vista, 6002);
  set_dword(setting_value(i, windows::settings::fips, 1), 1);
  CHECK(baseline_rows(i, id).at(0).verdict == Verdict::not_applicable);
}

}  // namespace
}  // namespace goldhive::policy
