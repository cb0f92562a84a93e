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

TEST_CASE("Counts agree with their nouns") {
  CHECK(counted(0, "finding") == "0 findings");
  CHECK(counted(1, "entry") == "1 entry");
  CHECK(counted(2, "entry") == "2 entries");
  CHECK(counted(2, "key") == "2 keys");
}

}  // namespace
}  // namespace goldhive::report
