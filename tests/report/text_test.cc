#include <catch2/catch.hpp>
#include <sstream>

#include "src/report/report.h"
#include "src/report/text_layout.h"
#include "tests/golden.h"
#include "tests/report/sample.h"

namespace goldhive::report {
namespace {

std::string written(const Report& report, const WriteOptions& options = {}) {
  std::ostringstream out;
  find_format("text", report.command)->write(report, options, out);
  return out.str();
}

TEST_CASE("The text report of the sample is the approved one") {
  tests::check_golden("tests/report/golden/sample.txt", written(tests::sample_report()));
}

TEST_CASE("Verbose text adds evidence and hives and logs") {
  WriteOptions options;
  options.verbose = true;
  tests::check_golden("tests/report/golden/sample-verbose.txt",
                      written(tests::sample_report(), options));
}

TEST_CASE("A listing shows volumes and hives without verdicts") {
  Report report = tests::sample_report();
  report.command = Command::list;
  for (TargetReport& t : report.targets) {
    for (InstallationReport& i : t.installations) i.findings.clear();
  }
  settle(report);
  tests::check_golden("tests/report/golden/list.txt", written(report));
}

TEST_CASE("Of a Windows backup the machine and the time are told") {
  Report report = tests::sample_report();
  report.targets.front().backup = BackupReport{"PC7", "2016-07-08 101112"};
  for (const Command command : {Command::scan, Command::list}) {
    report.command = command;
    CHECK_THAT(written(report),
               Catch::Contains("  note: Windows backup of PC7, 2016-07-08 101112\n"));
  }
}

TEST_CASE("On a terminal no line is wider than the terminal") {
  WriteOptions options;
  options.width = 80;
  const std::string text = written(tests::sample_report(), options);
  tests::check_golden("tests/report/golden/sample-80.txt", text);
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) CHECK(line.size() <= 80);
}

TEST_CASE("Escape codes appear only when colour is asked for") {
  WriteOptions options;
  CHECK(written(tests::sample_report(), options).find('\x1b') == std::string::npos);
  options.color = true;
  const std::string text = written(tests::sample_report(), options);
  CHECK(text.find("\x1b[31mfail\x1b[0m") != std::string::npos);
  CHECK(text.find("\x1b[31mnot red") == std::string::npos);
}

TEST_CASE("The fix names targets as a shell takes them back") {
  CHECK(shell_quoted("install.wim@2") == "install.wim@2");
  CHECK(shell_quoted("my images/a") == "'my images/a'");
  CHECK(shell_quoted("it's") == "'it'\\''s'");
  CHECK(shell_quoted("") == "''");
  CHECK(shell_quoted("$HOME") == "'$HOME'");
}

TEST_CASE("What is not known of a system is not made up") {
  windows::Installation facts;
  CHECK(describe_system(facts) == "Windows, version unknown");
  facts.os.version = "6.1";
  CHECK(describe_system(facts) == "Windows 6.1");
  facts.os.architecture = windows::Architecture::x86;
  facts.os.build = 7601;
  facts.regback = true;
  CHECK(describe_system(facts) == "Windows 6.1 x86 (7601), backup hives (RegBack)");
}

TEST_CASE("The control set of the last boot is told where the next one uses another") {
  Report report = tests::sample_report();
  windows::ControlSetFacts& sets = report.targets.front().installations.front().facts.control_sets;
  sets.note = "the last boot used ControlSet002";
  // Of tls12.client, ControlSet001 fails in the sample, and ControlSet002 passes.
  const auto note = Catch::Contains("  note: the last boot used ControlSet002\n");
  const auto row = Catch::Contains("ControlSet002: on");
  CHECK_THAT(written(report), !note && !row);
  sets.current = 2;
  CHECK_THAT(written(report), note && row);
  Report plan = report;
  plan.command = Command::plan;
  for (InstallationReport& i : plan.targets.front().installations) i.changes.emplace();
  CHECK_THAT(written(plan), note);
  for (auto& finding : report.targets.front().installations.front().findings) {
    if (finding.control_set == 2U) finding.verdict = policy::Verdict::fail;
  }
  CHECK_THAT(written(report), note && !row);
  sets.current = 0;
  CHECK_THAT(written(report), !note && !row);
}

TEST_CASE("The fix names every target that a patch would bring on, undetermined ones too") {
  for (const auto& [verdict, named] :
       {std::pair{policy::Verdict::fail, true}, std::pair{policy::Verdict::undetermined, true},
        std::pair{policy::Verdict::warn, false}, std::pair{policy::Verdict::pass, false}}) {
    Report report;
    TargetReport target;
    target.path = "pc1.vhd";
    InstallationReport installation;
    policy::Finding finding;
    finding.id = "winhttp.default-secure-protocols";
    finding.severity = policy::Severity::high;
    finding.verdict = verdict;
    finding.edits.resize(1);
    installation.findings.push_back(finding);
    target.installations.push_back(installation);
    report.targets.push_back(target);
    const auto fix = Catch::Contains("The fix: goldhive plan pc1.vhd");
    settle(report);
    CHECK(fix.match(written(report)) == named);
    Report named_only = report;
    named_only.targets.front().installations.front().findings.front().only_when_named = true;
    CHECK_THAT(written(named_only), !fix);
    Report refused = report;
    refused.targets.front().installations.front().refusal = Error(ErrorKind::refused, "dirty");
    CHECK(fix.match(written(refused)) == (verdict == policy::Verdict::fail));
    Report stale = report;
    stale.targets.front().installations.front().findings.front().possibly_stale = true;
    CHECK(fix.match(written(stale)) == (verdict == policy::Verdict::fail));
    Report no_edits = report;
    no_edits.targets.front().installations.front().findings.front().edits.clear();
    CHECK_THAT(written(no_edits), !fix);
  }
}

TEST_CASE("Counts agree with their nouns") {
  CHECK(counted(0, "finding") == "0 findings");
  CHECK(counted(1, "entry") == "1 entry");
  CHECK(counted(2, "entry") == "2 entries");
  CHECK(counted(2, "key") == "2 keys");
}

}  // namespace
}  // namespace goldhive::report
