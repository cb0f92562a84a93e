// The frame of the command line: help, usage errors, the manual page, exit codes.
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <set>

#include "src/cli/command.h"
#include "src/cli/exit_codes.h"
#include "tests/cli/session.h"
#include "tests/golden.h"
#include "tests/support/regex.h"

namespace goldhive::tests {
namespace {

using report::Status;

/// What a user types to name each command: {}, {"scan"}, ..., {"policy", "list"}, ...
std::vector<std::vector<std::string>> all_commands() {
  std::vector<std::vector<std::string>> all = {{}};
  cli::ConfigFlags config;
  for (const cli::Command& command : cli::program(config).commands) {
    all.push_back({command.name});
    for (const cli::Command& inner : command.commands) all.push_back({command.name, inner.name});
  }
  return all;
}

std::size_t line_count(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST_CASE("Exit codes follow the contract") {
  CHECK(cli::exit_code_of(Status::not_applicable) == 0);
  CHECK(cli::exit_code_of(Status::compliant) == 0);
  CHECK(cli::exit_code_of(Status::findings) == 1);
  CHECK(cli::exit_code_of(Status::undetermined) == 2);
  CHECK(cli::exit_code_of(Status::error) == 2);
  CHECK(cli::exit_interrupted == 130);
}

TEST_CASE("Another exit code replaces only that of findings") {
  CHECK(cli::exit_code_of(Status::compliant, 7) == 0);
  CHECK(cli::exit_code_of(Status::findings, 7) == 7);
  CHECK(cli::exit_code_of(Status::findings, 0) == 0);
  CHECK(cli::exit_code_of(Status::undetermined, 7) == 2);
  CHECK(cli::exit_code_of(Status::error, 0) == 2);
}

TEST_CASE("Wrong usage is one line on stderr and exit code 2") {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"scna", "x"},
      {"scan"},
      {"scan", "--no-such-flag", "x"},
      {"scan", "--format", "xml", "x"},
      {"scan", "--report", "json", "x"},
      {"scan", "--report", "xml=a", "x"},
      {"scan", "--exit-code", "-1", "x"},
      {"scan", "--exit-code", "256", "x"},
      {"scan", "--color", "purple", "x"},
      {"scan", "--policy", "no-such-policy", "x"},
      {"scan", "-o", "no/such/folder/a", "x"},
      {"explain", "no.such.check"},
      {"plan", "x", "--only", "no.such.check"},
      {"plan", "x", "--protocols", "tls9"},
      {"plan", "x", "--protocols", ""},
      {"plan", "x", "--control-set", "7"},
      {"scan", "--format", "reg", "x"},
      {"policy"},
      {"policy", "show", "no-such-policy"},
      {"policy", "check", "no-such-file"},
  };
  for (const auto& arguments : wrong) {
    Session session;
    const Outcome got = session.run(arguments);
    std::string typed;
    for (const std::string& a : arguments) typed += a + " ";
    INFO("goldhive " << typed << "\n" << got.err);
    CHECK(got.code == 2);
    CHECK(got.out.empty());
    CHECK(got.err.starts_with("goldhive: "));
    CHECK(line_count(got.err) == 1);
    CHECK(session.storage.changes().empty());
  }
}

TEST_CASE("A format of other commands is told from one that does not exist") {
  Session session;
  CHECK(session.run({"list", "--format", "csv", "x"}).err.find("not for list") !=
        std::string::npos);
  CHECK(session.run({"scan", "--report", "reg=a", "x"}).err.find("not for scan") !=
        std::string::npos);
  CHECK(session.run({"list", "--format", "xml", "x"}).err.find("no format 'xml'") !=
        std::string::npos);
  CHECK(session.run({"list", "--help"}).out.find("csv") == std::string::npos);
  CHECK(session.run({"plan", "--help"}).out.find("csv") != std::string::npos);
}

// An unset variable leaves an empty name, which Windows takes for the current folder.
TEST_CASE("An empty or blank target is a usage error of every command, and nothing is changed") {
  const std::vector<std::vector<std::string>> targets = {{""}, {"  "}, {"\t"}, {"win7", ""}};
  for (const std::string command : {"scan", "list", "plan", "patch", "undo", "recover", "verify"}) {
    for (const std::vector<std::string>& names : targets) {
      Session session;
      session.put_recipe("windows-7-sp1-x64", "win7");
      const std::size_t before = session.storage.changes().size();
      std::vector<std::string> arguments = {command};
      arguments.insert(arguments.end(), names.begin(), names.end());
      const Outcome got = session.run(arguments);
      INFO(command << " '" << names.back() << "': " << got.out);
      CHECK(got.code == 2);
      CHECK(got.out.empty());
      CHECK(got.err.find("a target is empty") != std::string::npos);
      CHECK(session.storage.changes().size() == before);
    }
  }
}

TEST_CASE("A pipeline may ask which verdicts the exit code tells") {
  struct Case {
    report::Status status;
    std::optional<policy::Severity> worst;
    std::uint64_t warnings;
    cli::ExitRules rules;
    int code;
  };
  using policy::Severity;
  const cli::ExitRules usual;
  const cli::ExitRules high{Severity::high, false, 2};
  const cli::ExitRules warn{Severity::low, true, 2};
  const cli::ExitRules lenient{Severity::low, false, 0};
  for (const Case& c : std::vector<Case>{{Status::compliant, {}, 0, usual, 0},
                                         {Status::compliant, {}, 3, usual, 0},
                                         {Status::compliant, {}, 3, warn, 1},
                                         {Status::compliant, {}, 0, warn, 0},
                                         {Status::findings, Severity::medium, 0, usual, 1},
                                         {Status::findings, Severity::medium, 0, high, 0},
                                         {Status::findings, Severity::high, 0, high, 1},
                                         {Status::findings, Severity::critical, 0, high, 1},
                                         {Status::undetermined, {}, 0, usual, 2},
                                         {Status::undetermined, Severity::high, 0, usual, 2},
                                         {Status::undetermined, {}, 0, lenient, 0},
                                         {Status::undetermined, Severity::low, 0, lenient, 1},
                                         {Status::error, {}, 0, lenient, 2},
                                         {Status::error, Severity::low, 3, warn, 2}}) {
    report::Report report;
    report.status = c.status;
    report.worst_finding = c.worst;
    report.summary.warn = c.warnings;
    CHECK(cli::exit_code_of(report, 1, c.rules) == c.code);
    report.interrupted = true;
    CHECK(cli::exit_code_of(report, 1, c.rules) == 130);
  }
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  session.put_recipe("layout-software-alone", "alone");
  CHECK(session.run({"scan", "win7", "--fail-on", "high"}).code == 1);
  CHECK(session.run({"scan", "win7", "--fail-on", "critical"}).code == 0);
  CHECK(session.run({"scan", "win7", "--fail-on", "info"}).code == 2);
  CHECK(session.run({"scan", "alone"}).code == 2);
  CHECK(session.run({"scan", "alone", "--undetermined-exit", "5"}).code == 1);
  CHECK(session.run({"scan", "alone", "--undetermined-exit", "5", "--fail-on", "critical"}).code ==
        5);
}

TEST_CASE("Blank lines of a list name no target") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  const Outcome got = session.run({"scan", "--format", "jsonl", "-"}, "\n  \nwin7\n\t\n");
  CHECK(got.code == 1);
  CHECK(line_count(got.out) == 3);  // with the head and the end of the report
}

TEST_CASE("Help goes to stdout and is no error") {
  for (auto arguments : all_commands()) {
    Session session;
    arguments.emplace_back("--help");
    const Outcome got = session.run(arguments);
    CHECK(got.code == 0);
    CHECK(got.err.empty());
    CHECK(got.out.find("usage: goldhive") != std::string::npos);
  }
}

TEST_CASE("The version names the libraries") {
  Session session;
  const Outcome got = session.run({"--version"});
  CHECK(got.code == 0);
  CHECK(got.out.starts_with("goldhive 0."));
  CHECK(got.out.find("libgcrypt") != std::string::npos);
  CHECK(got.out.find("hivex") != std::string::npos);
}

std::set<std::string> flags_in(const std::string& text) {
  std::set<std::string> flags;
  for (const testing::Match& match :
       testing::all_matches(text, "(^|[\\s,\\[|])(--?[a-zA-Z][a-z-]*)")) {
    flags.insert(match[2]);
  }
  return flags;
}

TEST_CASE("The manual page and the help name the same flags") {
  std::ifstream file(source_folder() / "docs/goldhive.1");
  std::string page{std::istreambuf_iterator<char>(file), {}};
  page = testing::replace_all(page, "\\\\-", "-");
  page = testing::replace_all(page, "[\"']", " ");
  std::set<std::string> helped;
  for (auto arguments : all_commands()) {
    Session session;
    arguments.emplace_back("--help");
    helped.merge(flags_in(session.run(arguments).out));
  }
  const std::set<std::string> described = flags_in(page);
  CHECK(helped.size() > 10);
  for (const std::string& flag : helped) {
    INFO(flag);
    CHECK(described.count(flag) == 1);
  }
  for (const std::string& flag : described) {
    INFO(flag);
    CHECK(helped.count(flag) == 1);
  }
}

}  // namespace
}  // namespace goldhive::tests
