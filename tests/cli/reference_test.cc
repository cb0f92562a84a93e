// What goldhive says of itself without a target: explain and policy.
#include <catch2/catch.hpp>
#include <sstream>

#include "src/policy/checks.h"
#include "src/policy/policy.h"
#include "tests/cli/session.h"

namespace goldhive::tests {
namespace {

TEST_CASE("explain lists every check with what it demands, a line each") {
  Session session;
  const Outcome list = session.run({"explain"});
  CHECK(list.code == 0);
  std::istringstream lines(list.out);
  for (const policy::Check& check : policy::all_checks()) {
    std::string line;
    REQUIRE(std::getline(lines, line));
    CHECK(line.starts_with(std::string(check.id) + " "));
    CHECK(line.ends_with(check.explanation.summary));
  }
  CHECK(lines.peek() == std::istringstream::traits_type::eof());
}

TEST_CASE(
    "explain says of every check what it means, why it matters, what fixes it and who says so") {
  Session session;
  for (const policy::Check& check : policy::all_checks()) {
    INFO(check.id);
    const Outcome one = session.run({"explain", std::string(check.id)});
    CHECK(one.code == 0);
    CHECK(one.err.empty());
    CHECK(one.out.starts_with(check.id));
    std::size_t at = 0;  // the sections in their order
    for (const char* title : {"What it means", "Why it matters", "What fixes it", "Source"}) {
      INFO(title);
      const std::size_t found = one.out.find(std::string("\n") + title + "\n  ", at);
      REQUIRE(found != std::string::npos);
      at = found;
    }
    CHECK_THAT(one.out, Catch::Contains(std::string(check.explanation.source)));
  }
}

TEST_CASE("explain folds its text on a terminal and colors nothing that is not one") {
  Session session;
  const std::string id = "servicing.kb3140245";
  const std::string plain = session.run({"explain", id}).out;
  CHECK(plain.find('\x1b') == std::string::npos);
  Session terminal;
  terminal.terminal.out_is_terminal = true;
  terminal.terminal.width = 60;
  std::istringstream lines(terminal.run({"explain", id}).out);
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 60);
}

TEST_CASE("A built-in policy that is shown can be saved and used as a file") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  const Outcome list = session.run({"policy", "list"});
  CHECK(list.code == 0);
  for (const std::string& name : policy::builtin_policy_names()) {
    INFO(name);
    CHECK_THAT(list.out, Catch::Contains(name));
    const Outcome shown = session.run({"policy", "show", name});
    CHECK(shown.code == 0);
    session.storage.put("own.toml", shown.out);
    const Outcome checked = session.run({"policy", "check", "own.toml"});
    CHECK(checked.code == 0);
    CHECK_THAT(checked.out, Catch::StartsWith("own.toml: policy '" + name + "' is well-formed\n"));
    CHECK(session.run({"scan", "--policy", "own.toml", "-f", "json", "win7"}).out ==
          session.run({"scan", "--policy", name, "-f", "json", "win7"}).out);
  }
  session.storage.put("bad.toml", std::string("require = 7\n"));
  CHECK(session.run({"policy", "check", "bad.toml"}).code == 2);
}

TEST_CASE("The check of a policy lists its checks with their severities and its waivers") {
  Session session;
  session.storage.put("own.toml", std::string(R"(
name = "own"
[[schannel]]
protocol = "TLS 1.1"
side = "client"
want = "any"
[[schannel]]
protocol = "SSL 3.0"
side = "client"
want = "off"
severity = "medium"
[severity]
"schannel.legacy" = "low"
"servicing.kb3140245" = "critical"
[[waiver]]
check = "schannel.legacy"
target = "*hall3*"
reason = "old scanner"
until = "2027-01-31"
)"));
  const auto checked = [&session](const std::string& today) {
    const Outcome got = session.run({"policy", "check", "own.toml", "--today", today});
    CHECK(got.code == 0);
    return got.out;
  };
  const std::string out = checked("2027-01-01");
  INFO(out);
  CHECK_THAT(out, Catch::Contains("policy 'own' is well-formed\n"));
  const auto row = [&out](const std::string& check, const std::string& severity) {
    const std::size_t at = out.find("\n  " + check + " ");
    REQUIRE(at != std::string::npos);
    const std::string line = out.substr(at + 1, out.find('\n', at + 1) - at - 1);
    CHECK_THAT(line, Catch::EndsWith(" " + severity));
  };
  row("servicing.kb3140245", "critical");
  row("winhttp.default-secure-protocols", "high");
  row("schannel.tls12.client", "high: TLS 1.2 client on by default");
  row("schannel.legacy", "low: SSL 3.0 client off by default");
  CHECK_THAT(out, Catch::Contains("Not asked for: schannel.tls11.client, "));
  CHECK_THAT(out, Catch::Contains("schannel.legacy  *hall3*  until 2027-01-31, 30 days left: old "
                                  "scanner\n"));
  CHECK_THAT(checked("2027-01-31"), Catch::Contains("until 2027-01-31, ends today:"));
  CHECK_THAT(checked("2027-03-01"), Catch::Contains("until 2027-01-31, expired 29 days ago:"));
  CHECK(session.run({"policy", "check", "own.toml", "--today", "soon"}).code == 2);
}

}  // namespace
}  // namespace goldhive::tests
