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
    CHECK(checked.out == "own.toml: policy '" + name + "' is well-formed\n");
    CHECK(session.run({"scan", "--policy", "own.toml", "-f", "json", "win7"}).out ==
          session.run({"scan", "--policy", name, "-f", "json", "win7"}).out);
  }
  session.storage.put("bad.toml", std::string("require = 7\n"));
  CHECK(session.run({"policy", "check", "bad.toml"}).code == 2);
}

}  // namespace
}  // namespace goldhive::tests
