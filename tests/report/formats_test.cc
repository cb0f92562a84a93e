// The formats that are made from findings: csv and those after it in the table.
#include <catch2/catch.hpp>
#include <sstream>

#include "src/report/report.h"
#include "tests/golden.h"
#include "tests/report/sample.h"

namespace goldhive::report {
namespace {

std::string shown_in(std::string_view format, const Report& report) {
  std::ostringstream out;
  find_format(format, report.command)->write(report, {}, out);
  return out.str();
}

/// The sample with `text` wherever a name or a value of a target can stand.
Report filled_with(const std::string& text) {
  Report report = tests::sample_report();
  for (TargetReport& target : report.targets) {
    target.path = text;
    target.notes = {text};
    if (target.error) target.error = Error(ErrorKind::corrupt, text, text);
    for (InstallationReport& row : target.installations) {
      row.facts.id = row.facts.os.product = row.facts.os.edition = text;
      row.facts.warnings = {text};
      for (policy::Finding& f : row.findings) {
        f.subject = f.key = f.value = f.message = text;
        f.actual = f.expected = text;
        f.evidence = {text};
        if (f.waived) f.waiver_reason = text;
      }
    }
  }
  return report;
}

TEST_CASE("The sample in each format of findings is the approved one") {
  const Report report = tests::sample_report();
  tests::check_golden("tests/report/golden/sample.csv", shown_in("csv", report));
  tests::check_golden("tests/report/golden/sample.junit.xml", shown_in("junit", report));
}

TEST_CASE("Formats of findings are for the commands that have findings") {
  for (const char* name : {"csv", "junit"}) {
    for (const Command command : {Command::scan, Command::plan, Command::patch}) {
      CHECK(find_format(name, command) != nullptr);
    }
    for (const Command command : {Command::list, Command::verify, Command::undo}) {
      CHECK(find_format(name, command) == nullptr);
    }
  }
}

TEST_CASE("No cell of a table is a formula") {
  for (const std::string start : {"=", "+", "-", "@", "\t", "\r", "\xef\xbc\x9d"}) {
    const std::string table = shown_in("csv", filled_with(start + "cmd|' /C calc'!A0"));
    INFO(table);
    CHECK(table.find("\"'") != std::string::npos);
    CHECK(table.find(",\"" + start) == std::string::npos);
    CHECK(table.find("\"\\") == std::string::npos);
  }
  CHECK(shown_in("csv", filled_with("a \"b\",\nc")).find("\"a \"\"b\"\",\\x0ac\"") !=
        std::string::npos);
}

TEST_CASE("A cell is no longer than a spreadsheet takes") {
  std::string longest;
  for (int i = 0; i < 20'000; ++i) longest += "\xc3\xa9";
  std::istringstream table(shown_in("csv", filled_with(longest)));
  for (std::string cell; std::getline(table, cell, ',');) CHECK(cell.size() < 32'767);
}

TEST_CASE("A table has a row for what has no findings") {
  Report report;
  report.targets.resize(2);
  report.targets[0].path = "empty";
  report.targets[0].notes = {"no Windows in it"};
  report.targets[1].path = "bare";
  report.targets[1].installations.resize(1);
  report.targets[1].installations[0].facts.id = "bare:p1";
  settle(report);
  const std::string table = shown_in("csv", report);
  CHECK(table.find("\r\n\"target\",\"empty\"") != std::string::npos);
  CHECK(table.find("\r\n\"installation\",\"bare\",\"\",\"bare:p1\"") != std::string::npos);
}

TEST_CASE("What a hive says cannot leave the text or the attribute that it stands in") {
  const std::string evil = "\"'></failure><script>&#0;]]>\x01\xef\xbf\xbf\xef\xbf\xbe";
  const std::string xml = shown_in("junit", filled_with(evil));
  CHECK(xml.find("<script") == std::string::npos);
  CHECK(xml.find("&#0;") == std::string::npos);
  CHECK(xml.find("\xef\xbf\xbf") == std::string::npos);
  CHECK(xml.find("\xef\xbf\xbe") == std::string::npos);
  CHECK(xml.find(
            "&quot;&#39;&gt;&lt;/failure&gt;&lt;script&gt;&amp;#0;]]&gt;\\x01\\u{ffff}\\u{fffe}") !=
        std::string::npos);
}

TEST_CASE("A test case has the same name whatever its row says") {
  const auto names = [](const Report& report) {
    std::istringstream lines(shown_in("junit", report));
    std::string all;
    for (std::string line; std::getline(lines, line);) {
      const std::size_t at = line.find("<testcase ");
      if (at != std::string::npos) all += line.substr(at, line.find_last_of('"') - at) + '\n';
    }
    return all;
  };
  const Report report = tests::sample_report();
  Report changed = report;
  for (policy::Finding& f : changed.targets[0].installations[0].findings) {
    f.verdict = policy::Verdict::pass;
    f.severity = policy::Severity::info;
    f.message = "other";
    f.actual = "0x1";
    f.waived = false;
    f.evidence = {"other"};
  }
  settle(changed);
  CHECK(names(report).find("name=\"winhttp.default-secure-protocols wow64") != std::string::npos);
  CHECK(names(changed) == names(report));
}

}  // namespace
}  // namespace goldhive::report
