#include <catch2/catch.hpp>

#include "imgtools/bytes/error.h"
#include "src/policy/calendar.h"
#include "src/policy/policy.h"

namespace goldhive::policy {
namespace {

/// The error line of a bad policy.
std::string refusal(const std::string& toml) {
  try {
    parse_policy(toml, "my.toml");
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::usage);
    return e.what();
  }
  return "accepted";
}

TEST_CASE("The built-in policies say what they promise") {
  CHECK(builtin_policy_names() == std::vector<std::string>{"baseline", "tls12-only"});
  const Policy baseline = builtin_policy("baseline");
  CHECK(baseline.name == "baseline");
  CHECK(baseline.secure_protocols_required == 0xA00);
  CHECK(baseline.secure_protocols_forbidden == 0);
  CHECK(baseline.require_kb3140245);
  CHECK(baseline.schannel.size() == 2);
  CHECK(!baseline.check_dotnet);
  CHECK(!baseline.wininet_required);
  const Policy strict = builtin_policy("tls12-only");
  CHECK(strict.secure_protocols_required == 0x800);
  CHECK(strict.schannel.size() == 5);
  CHECK_THROWS_WITH(builtin_policy_text("basline"), Catch::Contains("did you mean 'baseline'"));
}

TEST_CASE("A policy file states only what differs from the policy it extends") {
  const Policy p = parse_policy(R"(
name = "ours"
[winhttp]
forbidden = ["ssl2.0", "ssl3.0"]
[[schannel]]
protocol = "TLS 1.1"
side = "client"
want = "off"
severity = "low"
[[schannel]]
protocol = "TLS 1.2"
side = "server"
want = "on"
[dotnet]
check = true
[wininet]
required = ["tls1.2"]
[severity]
"hive.state" = "critical"
[[waiver]]
check = "servicing.kb3140245"
target = "kiosk*"
reason = "no network"
until = 2027-01-31
)",
                                "my.toml");
  CHECK(p.name == "ours");
  CHECK(p.secure_protocols_required == 0xA00);
  CHECK(p.secure_protocols_forbidden == 0x28);
  REQUIRE(p.schannel.size() == 3);
  CHECK(p.schannel[0].wish == SchannelWish::off);
  CHECK(p.schannel[0].severity == Severity::low);
  CHECK(p.schannel[2].side == windows::Side::server);
  CHECK(p.check_dotnet);
  CHECK(p.wininet_required == 0x800U);
  CHECK(p.severities == decltype(p.severities){{"hive.state", Severity::critical}});
  REQUIRE(p.waivers.size() == 1);
  CHECK(p.waivers[0].target == "kiosk*");
  CHECK(p.waivers[0].until == "2027-01-31");
}

TEST_CASE("A policy can extend another or nothing") {
  CHECK(parse_policy("name='x'\nextends='tls12-only'", "f").secure_protocols_required == 0x800);
  const Policy nothing = parse_policy("name='x'\nextends='nothing'", "f");
  CHECK(nothing.secure_protocols_required == 0);
  CHECK(nothing.schannel.empty());
  CHECK(!nothing.require_kb3140245);
}

TEST_CASE("A bad policy file is refused with line and column and what may have been meant") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"name = ", "my.toml:1:"},
      {"description = 'x'", "'name' is missing"},
      {"name = 'x'\nwinhtp = 1", "my.toml:2:1: unknown key 'winhtp'; did you mean 'winhttp'?"},
      {"name = 'x'\n[winhttp]\nreqired = []",
       "my.toml:3:1: unknown key 'reqired' in [winhttp]; did you mean 'required'?"},
      {"name = 'x'\n[winhttp]\nrequired = ['tls1.2', 'tsl1.1']",
       "my.toml:3:23: 'tsl1.1' is not a value of 'required' in [winhttp]; did you mean 'tls1.1'?"},
      {"name = 'x'\n[winhttp]\nrequired = 2560", "'required' in [winhttp] must be a list"},
      {"name = 'x'\n[winhttp]\nrequired = [2560]", "must be a list of protocol names"},
      {"name = 'x'\n[winhttp]\nrequired = ['tls1.2']\nforbidden = ['tls1.2']",
       "TLS 1.2 is both required and forbidden"},
      {"name = 7", "'name' must be a string"},
      {"name = ''", "'name' is empty"},
      {"name = 'x'\nextends = 'basline'", "did you mean 'baseline'?"},
      {"name = 'x'\nwinhttp = 3", "'winhttp' must be a section"},
      {"name = 'x'\n[schannel]\nprotocol = 'TLS 1.2'", "must be written as [[schannel]]"},
      {"name = 'x'\n[[schannel]]\nprotocol = 'TLS 1.2'\nside = 'client'", "'want' is missing"},
      {"name = 'x'\n[[schannel]]\nprotocol = 'TLS1.2'\nside = 'client'\nwant = 'on'",
       "did you mean 'TLS 1.2'?"},
      {"name = 'x'\n[[schannel]]\nprotocol = 'TLS 1.2'\nside = 'cleint'\nwant = 'on'",
       "did you mean 'client'?"},
      {"name = 'x'\n[[schannel]]\nprotocol = 'TLS 1.2'\nside = 'client'\nwant = 'on'\n"
       "[[schannel]]\nprotocol = 'TLS 1.2'\nside = 'client'\nwant = 'off'",
       "my.toml:6:1: TLS 1.2 client is stated twice"},
      {"name = 'x'\n[servicing]\nkb3140245 = 'yes'", "must be true or false"},
      {"name = 'x'\n[severity]\n'hive.stat' = 'low'", "did you mean 'hive.state'?"},
      {"name = 'x'\n[severity]\n'hive.state' = 'lwo'", "did you mean 'low'?"},
      {"name = 'x'\n[[waiver]]\ncheck = 'hive.stat'\nreason = 'r'\nuntil = 2027-01-31",
       "did you mean 'hive.state'?"},
      {"name = 'x'\n[[waiver]]\ncheck = 'hive.state'\nuntil = 2027-01-31", "'reason' is missing"},
      {"name = 'x'\n[[waiver]]\ncheck = 'hive.state'\nreason = ''\nuntil = 2027-01-31",
       "'reason' in [[waiver]] is empty"},
      {"name = 'x'\n[[waiver]]\ncheck = 'hive.state'\nreason = 'r'",
       "'until' (the last day) is missing"},
      {"name = 'x'\n[[waiver]]\ncheck = 'hive.state'\nreason = 'r'\nuntil = '2027-02-30'",
       "'2027-02-30' is not a date"},
      {"name = 'x'\n[[waiver]]\ncheck = 'hive.state'\nreason = 'r'\nuntil = 2027-01-31T10:00:00",
       "'until' in [[waiver]] must be a date"},
      {"name = 'x'\nwaiver = [1]", "must be written as [[waiver]]"},
  };
  for (const auto& [toml, expected] : cases) {
    INFO(toml);
    CHECK_THAT(refusal(toml), Catch::Contains(expected) && Catch::StartsWith("my.toml:"));
  }
}

TEST_CASE("Dates are days of the calendar written in full") {
  for (const char* good : {"2026-01-31", "2024-02-29", "2000-02-29", "0001-12-31"}) {
    CHECK(is_date(good));
  }
  for (const char* bad : {"2026-1-31", "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10",
                          "2026-04-31", "2026-01-00", "", "2026/01/31", "2026-01-311"}) {
    CHECK(!is_date(bad));
  }
}

TEST_CASE("Days are counted across months and leap years, both ways") {
  CHECK(days_between("2027-01-31", "2027-01-31") == 0);
  CHECK(days_between("2027-01-31", "2027-03-01") == 29);
  CHECK(days_between("2028-02-28", "2028-03-01") == 2);
  CHECK(days_between("2027-01-01", "2026-12-31") == -1);
}

}  // namespace
}  // namespace goldhive::policy
