// The formats that are made from findings: csv and those after it in the table.
#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
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

/// Markdown without what stands between single backticks: nothing in it is read as anything.
std::string without_code(const std::string& markdown) {
  static const std::regex code("`[^`\n]*`");
  return std::regex_replace(markdown, code, "");
}

TEST_CASE("The sample in each format of findings is the approved one") {
  const Report report = tests::sample_report();
  tests::check_golden("tests/report/golden/sample.csv", shown_in("csv", report));
  tests::check_golden("tests/report/golden/sample.junit.xml", shown_in("junit", report));
  tests::check_golden("tests/report/golden/sample.md", shown_in("markdown", report));
  tests::check_golden("tests/report/golden/sample.sarif", shown_in("sarif", report));
  tests::check_golden("tests/report/golden/sample.html", shown_in("html", report));
}

TEST_CASE("Formats of findings are for the commands that have findings") {
  for (const char* name : {"csv", "junit", "markdown", "sarif", "html"}) {
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

TEST_CASE("What a hive says stays text in Markdown") {
  const std::string evil =
      "|`a|``b| <img src=x onerror=y> [c](http://d) ![e](f) @user #98 www.g.h **i** \\| $j$\n# k";
  const std::string text = shown_in("markdown", filled_with(evil));
  for (const char* active : {"<img", "[c]", "[e]", "://", "@user", "#98", "www.", "**i", " $j"}) {
    INFO(active << " in\n" << text);
    CHECK(without_code(text).find(active) == std::string::npos);
  }
  std::istringstream lines(text);
  std::size_t cells = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('|')) {
      cells = 0;
      continue;
    }
    const auto bars = static_cast<std::size_t>(std::count(line.begin(), line.end(), '|'));
    INFO(line);
    if (cells != 0) CHECK(bars == cells);
    cells = bars;
  }
}

TEST_CASE("A summary of a job is never larger than its limit, and says what is left out") {
  Report report = tests::sample_report();
  const TargetReport target = report.targets[0];
  for (int i = 0; i < 6'000; ++i) {
    report.targets.push_back(target);
    report.targets.push_back(report.targets[1]);
  }
  settle(report);
  const std::string text = shown_in("markdown", report);
  CHECK(text.size() < 1'048'576);
  CHECK(text.find("12002 installations in") != std::string::npos);
  CHECK(text.find("Left out here, for want of room") != std::string::npos);
}

TEST_CASE("A plan and a patch show their changes in Markdown as a diff") {
  Report report = tests::sample_report();
  InstallationReport& seven = report.targets[0].installations[0];
  seven.changes = seven.findings[3].edits;
  seven.changes->front().value += "```";
  report.command = Command::plan;
  const std::string plan = shown_in("markdown", report);
  INFO(plan);
  CHECK(plan.find("Changes that a patch makes") != std::string::npos);
  CHECK(plan.find("\n````diff\n") != std::string::npos);
  seven.refusal = Error(ErrorKind::refused, "the hive is *dirty*");
  CHECK(shown_in("markdown", report).find("A patch refuses: the hive is \\*dirty\\*") !=
        std::string::npos);
  report.command = Command::patch;
  seven.changed = true;
  report.targets[0].undo_files.emplace_back().path = "install.wim.goldhive-undo";
  const std::string patch = shown_in("markdown", report);
  CHECK(patch.find("\nChanged:\n") != std::string::npos);
  CHECK(patch.find("`install.wim.goldhive-undo`") != std::string::npos);
}

TEST_CASE("Every format but reg names each undo file that a patch left, with what it is of") {
  Report report = tests::sample_report();
  report.command = Command::patch;
  TargetReport& target = report.targets[0];
  for (InstallationReport& i : target.installations) {
    i.changes.emplace();
    i.changed = true;
    UndoFileReport undo;
    undo.path = "undo of " + i.facts.id;
    undo.installations = {i.facts.id};
    undo.values = target.undo_files.size() + 3;
    target.undo_files.push_back(undo);
  }
  settle(report);
  for (const Format& format : formats()) {
    if (!format.is_for(Command::patch)) continue;
    INFO(format.name);
    const std::string text = shown_in(format.name, report);
    for (const UndoFileReport& undo : target.undo_files) {
      CHECK_THAT(text, Catch::Contains(undo.path));
    }
    const bool says_values = format.name == "text" || format.name == "markdown" ||
                             format.name == "html" || format.name == "sarif";
    if (says_values) {
      CHECK_THAT(text, Catch::Contains("3 values of install.wim@2"));
      CHECK_THAT(text, Catch::Contains("4 values of install.wim@1"));
    }
  }
}

/// Two that are compliant, the first of which has a warning.
Report with_a_warning() {
  Report report = tests::sample_report();
  TargetReport& target = report.targets.front();
  report.targets.resize(1);
  for (InstallationReport& i : target.installations) {
    i.findings.resize(1);
    i.findings[0].verdict = policy::Verdict::pass;
  }
  policy::Finding warning = target.installations[0].findings[0];
  warning.verdict = policy::Verdict::warn;
  target.installations[0].findings.push_back(warning);
  settle(report);
  return report;
}

TEST_CASE("Formats for people say of a compliant installation that it has warnings") {
  Report report = with_a_warning();
  const std::string markdown = shown_in("markdown", report);
  CHECK_THAT(markdown, Catch::StartsWith("## goldhive scan: compliant, with warnings\n") &&
                           Catch::Contains(", 1 with warnings only, 1 compliant.\n") &&
                           Catch::Contains(" | compliant, with warnings |"));
  const std::string page = shown_in("html", report);
  CHECK_THAT(page, Catch::Contains("goldhive scan: compliant, with warnings</title>") &&
                       Catch::Contains("<b>1</b> with warnings only</li>") &&
                       Catch::Contains("<b>1</b> compliant</li>") &&
                       Catch::Contains("data-status=\"compliant, with warnings\"") &&
                       Catch::Contains("<option>compliant, with warnings</option>"));
  report.targets[0].installations.resize(1);
  settle(report);
  CHECK_THAT(shown_in("text", report), Catch::Contains(" COMPLIANT, WITH WARNINGS\n"));
}

TEST_CASE("The page says what it is about, what each row asks, and what to do next") {
  const std::string page = shown_in("html", tests::sample_report());
  CHECK_THAT(
      page,
      Catch::Contains("<section id=\"about\">") &&
          Catch::Contains("2 installations of Windows in 2 targets (images, disks or folders)") &&
          Catch::Contains("<dt>compliant, with warnings</dt>") &&
          Catch::Contains("<section id=\"to-do\">") &&
          Catch::Contains("<dd><code>goldhive plan install.wim@2</code></dd>") &&
          Catch::Contains("off by default [possibly stale]. Asked for: TLS 1.2 is on"));
  // Nothing is left to do.
  const std::string good = shown_in("html", with_a_warning());
  CHECK(good.find("to-do") == std::string::npos);
  CHECK_THAT(good, Catch::Contains("<section id=\"about\">"));
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

/// What a SARIF report says, without the texts of the checks.
nlohmann::json run_of(const Report& report) {
  return nlohmann::json::parse(shown_in("sarif", report)).at("runs").at(0);
}

TEST_CASE("Alerts are what fails, warns or stays open, and waived ones are suppressed") {
  const nlohmann::json run = run_of(tests::sample_report());
  std::vector<std::string> seen;
  for (const nlohmann::json& result : run.at("results")) {
    seen.push_back(result.at("ruleId").get<std::string>() + " " +
                   result.at("kind").get<std::string>() + " " +
                   result.at("level").get<std::string>() +
                   (result.at("suppressions").empty() ? "" : " suppressed"));
  }
  CHECK(seen == std::vector<std::string>{
                    "servicing.kb3140245 open none", "winhttp.default-secure-protocols fail error",
                    "schannel.tls12.client fail error", "schannel.legacy fail warning suppressed",
                    "registry.stray-key fail note"});
  CHECK(run.at("automationDetails").at("id") == "goldhive/scan/baseline/");
  const nlohmann::json& invocation = run.at("invocations").at(0);
  CHECK(invocation.at("executionSuccessful") == false);
  CHECK(invocation.at("toolExecutionNotifications").size() == 1);
  CHECK(invocation["toolExecutionNotifications"][0]["locations"][0]["physicalLocation"]
                  ["artifactLocation"]["uri"] == "it%27s%20broken");
}

TEST_CASE("An alert keeps its fingerprint whatever its row says, and has one of its own") {
  const auto fingerprints = [](const Report& report) {
    std::vector<std::string> all;
    const nlohmann::json run = run_of(report);
    for (const nlohmann::json& result : run.at("results")) {
      all.push_back(result.at("partialFingerprints").at("goldhiveRow/v1"));
    }
    return all;
  };
  Report report = tests::sample_report();
  const std::vector<std::string> before = fingerprints(report);
  CHECK(std::set<std::string>(before.begin(), before.end()).size() == before.size());
  for (policy::Finding& f : report.targets[0].installations[0].findings) {
    f.message = "other";
    f.actual = "0x1";
    f.evidence = {"other"};
  }
  CHECK(fingerprints(report) == before);
  report.targets[0].installations[0].facts.target = "other.wim";
  CHECK(fingerprints(report).front() != before.front());
}

TEST_CASE("The place of an alert is a relative address, whatever the image is called") {
  const auto place_of = [](const std::string& path) {
    Report report = tests::sample_report();
    report.targets[0].path = path;
    const nlohmann::json location =
        run_of(report)["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    return location.value("uriBaseId", "") + " " + location.at("uri").get<std::string>();
  };
  CHECK(place_of("a/b.wim") == " a/b.wim");
  CHECK(place_of("./a/b.wim") == " a/b.wim");
  CHECK(place_of(".") == " .");
  CHECK(place_of("/srv/a b#c?.wim") == "ROOT srv/a%20b%23c%3F.wim");
  CHECK(place_of("C:/a.wim") == "ROOT C%3A/a.wim");
  CHECK(place_of("a:b") == " a%3Ab");
  CHECK(place_of("//server/share/a.wim") == " file://server/share/a.wim");
  CHECK(place_of("\xc3\xa9\xff") == " %C3%A9%FF");
}

TEST_CASE("What a hive says is no link and no placeholder in an alert") {
  const nlohmann::json run = run_of(filled_with("[a](http://b) {0}"));
  const std::string text = run["results"][0]["message"]["text"];
  CHECK(text.find("](") == std::string::npos);
  CHECK(text.find("{{0}}") != std::string::npos);
}

/// The tags of a page with all their attributes, in their order.
std::vector<std::string> tags_of(const std::string& page) {
  std::vector<std::string> tags;
  const std::size_t end = page.find("<script>");
  for (std::size_t at = page.find('<', page.find("<body>")); at < end;
       at = page.find('<', at + 1)) {
    tags.push_back(page.substr(at, page.find('>', at) + 1 - at));
  }
  return tags;
}

TEST_CASE("What a hive says makes no tag and no attribute of a page") {
  const std::vector<std::string> plain = tags_of(shown_in("html", filled_with("x")));
  CHECK(plain.size() > 200);
  CHECK(tags_of(shown_in("html", filled_with("\"'></p></script><script>alert(1)</script>"))) ==
        plain);
  CHECK(tags_of(shown_in("html", filled_with("<img src=x onerror=alert(1)>&lt;--><!--"))) == plain);
}

TEST_CASE("A page cuts what nobody reads to its end, and never a character") {
  std::string longest = "x";
  for (int i = 0; i < 50'000; ++i) longest += "\xc3\xa9";
  const std::string page = shown_in("html", filled_with(longest));
  CHECK(page.size() < 1'000'000);
  CHECK(page.find("[cut]") != std::string::npos);
  CHECK(page.find("\xef\xbf\xbd") == std::string::npos);
}

TEST_CASE("A page shows waivers with their end, and what a patch is to change") {
  Report report = tests::sample_report();
  report.waivers.push_back(
      {{"schannel.legacy", "*hall3*", "old <scanner>", "2026-12-31"}, true, 4});
  InstallationReport& seven = report.targets[0].installations[0];
  seven.changes = seven.findings[3].edits;
  report.command = Command::plan;
  const std::string page = shown_in("html", report);
  CHECK(page.find("old &lt;scanner&gt;</td><td>2026-12-31 <span class=\"error\">expired</span>") !=
        std::string::npos);
  CHECK(page.find("+ &quot;DefaultSecureProtocols&quot;=dword:00000a00") != std::string::npos);
}

}  // namespace
}  // namespace goldhive::report
