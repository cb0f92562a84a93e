#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "src/report/next_command.h"
#include "src/report/plan_rows.h"
#include "src/report/printable.h"
#include "src/report/report.h"
#include "src/report/text_layout.h"
#include "tests/golden.h"
#include "tests/report/sample.h"

namespace goldhive::report {
namespace {

std::string written(const Report& report, const WriteOptions& options) {
  std::ostringstream out;
  find_format("text", report.command)->write(report, options, out);
  return out.str();
}

/// With the rows of each installation.
std::string written(const Report& report) {
  WriteOptions options;
  options.all = true;
  return written(report, options);
}

/// A hash is one word, and wider than some terminals.
Report without_hashes(Report report) {
  for (TargetReport& target : report.targets) {
    for (InstallationReport& i : target.installations) {
      for (windows::HiveFact& hive : i.facts.hives) hive.sha256.reset();
    }
  }
  return report;
}

TEST_CASE("Hashes that were asked for and times of keys are told") {
  const Report report = tests::sample_report();
  const auto hash = Catch::Contains("SOFTWARE  sha256 " + std::string(64, 'a'));
  CHECK_THAT(written(report), hash);
  CHECK_THAT(written(report, {}), hash);
  CHECK_THAT(written(without_hashes(report)), !Catch::Contains("sha256"));
  WriteOptions options;
  CHECK_THAT(written(report), !Catch::Contains("key last written"));
  options.verbose = true;
  CHECK_THAT(written(report, options), Catch::Contains("key last written 20"));
}

TEST_CASE("The text report of the sample is the approved one") {
  tests::check_golden("tests/report/golden/sample.txt", written(tests::sample_report()));
}

TEST_CASE("Of several installations the text is an overview") {
  const Report report = tests::sample_report();
  WriteOptions options;
  tests::check_golden("tests/report/golden/overview.txt", written(report, options));
  options.summary_only = true;
  const std::string summary = written(report, options);
  CHECK(written(report, {}).ends_with(summary));
  CHECK(std::count(summary.begin(), summary.end(), '\n') < 8);
}

TEST_CASE("No line of an overview is wider than the terminal, and no name is cut") {
  for (const unsigned width : {60U, 80U, 100U, 200U}) {
    WriteOptions options;
    options.width = width;
    Report report = without_hashes(tests::sample_report());
    report.targets.front().installations.front().facts.id = "farm/" + std::string(24, 'x') + "@1";
    const std::string text = written(report, options);
    if (width == 80U) tests::check_golden("tests/report/golden/overview-80.txt", text);
    CHECK_THAT(text, Catch::Contains(std::string(24, 'x') + "@1"));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      INFO(line);
      CHECK(display_width(line) <= width);
    }
  }
}

TEST_CASE("An overview shows what needs a look and counts the rest") {
  const TargetReport sample = without_hashes(tests::sample_report()).targets.front();
  Report report;
  const auto add = [&](const std::string& name, policy::Verdict verdict, bool fixable) {
    TargetReport target;
    target.path = name;
    InstallationReport installation = sample.installations.front();
    installation.facts.id = name;
    policy::Finding finding;
    finding.id = "schannel.tls12.client";
    finding.severity = policy::Severity::high;
    finding.verdict = verdict;
    if (fixable) finding.edits.resize(1);
    installation.findings = {finding};
    target.installations = {installation};
    report.targets.push_back(target);
  };
  for (int i = 0; i < 3; ++i) add("good" + std::to_string(i), policy::Verdict::pass, false);
  add("warned", policy::Verdict::warn, false);
  add("open", policy::Verdict::undetermined, false);
  for (int i = 0; i < 6; ++i) add("bad" + std::to_string(i), policy::Verdict::fail, true);
  settle(report);
  WriteOptions options;
  options.again.targets = {"my farm"};
  const std::string text = written(report, options);
  CHECK_THAT(text, Catch::Contains("COMPLIANT     3 more (--all shows them)\n"));
  CHECK_THAT(text, !Catch::Contains("good0"));
  CHECK_THAT(text, Catch::Contains("UNDETERMINED  open"));
  CHECK_THAT(text, Catch::Contains("11 installations: 6 with findings, 1 undetermined, 1 with "
                                   "warnings only, 3 compliant."));
  CHECK_THAT(text, Catch::Contains("Registry, 6 installations:  goldhive plan 'my farm'\n"));
  CHECK_THAT(text, Catch::Contains("Not known, 1 installation:  schannel.tls12.client"));
  CHECK(text.find("bad0") < text.find("open "));
  CHECK(text.find("open ") < text.find("warned"));
  options.again.targets = {"-"};
  CHECK_THAT(written(report, options),
             Catch::Contains("this command once more, with plan in place of scan"));
}

/// The sample as a plan, with an installation that a patch refuses and one that it leaves alone.
Report planned_sample() {
  Report report = tests::sample_report();
  report.command = Command::plan;
  TargetReport more = report.targets.front();
  more.path = "farm/locked.vhd";
  more.installations.resize(1);
  more.installations.front().facts.id = more.path;
  more.installations.front().refusal = Error(ErrorKind::refused, "is in use by another program");
  report.targets.push_back(more);
  for (TargetReport& target : report.targets) {
    for (InstallationReport& i : target.installations) {
      i.changes.emplace();
      for (const policy::Finding& f : i.findings) {
        if (leaves_open(f)) i.changes->insert(i.changes->end(), f.edits.begin(), f.edits.end());
      }
    }
  }
  settle(report);
  return report;
}

TEST_CASE("Of several installations a plan is an overview of what would change") {
  const Report report = planned_sample();
  tests::check_golden("tests/report/golden/overview-plan.txt", written(report, {}));
  WriteOptions options;
  options.summary_only = true;
  const std::string summary = written(report, options);
  CHECK(written(report, {}).ends_with(summary));
  CHECK(std::count(summary.begin(), summary.end(), '\n') < 8);
  for (const unsigned width : {60U, 80U, 200U}) {
    options = {};
    options.width = width;
    std::istringstream lines(written(without_hashes(report), options));
    for (std::string line; std::getline(lines, line);) {
      INFO(line);
      CHECK(display_width(line) <= width);
    }
  }
}

TEST_CASE("What a plan would change is told in a few words") {
  InstallationReport plan;
  plan.facts.os.architecture = windows::Architecture::amd64;
  const auto says = [&plan](std::vector<policy::Edit> edits) {
    plan.changes = std::move(edits);
    return describe_changes(plan);
  };
  const auto edit = [](windows::HiveName hive, const std::string& key, const std::string& value) {
    policy::Edit e;
    e.hive = hive;
    e.key = key;
    e.value = value;
    return e;
  };
  const std::string internet = "Microsoft\\Windows\\CurrentVersion\\Internet Settings";
  const std::string protocols = "ControlSet001\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\";
  const auto in_software = windows::HiveName::software;
  const auto in_system = windows::HiveName::system;
  const policy::Edit native = edit(in_software, internet + "\\WinHttp", "DefaultSecureProtocols");
  const policy::Edit wow64 =
      edit(in_software, "Wow6432Node\\" + internet + "\\WinHttp", "DefaultSecureProtocols");
  const policy::Edit enabled = edit(in_system, protocols + "TLS 1.2\\Client", "Enabled");
  const policy::Edit by_default =
      edit(in_system, protocols + "TLS 1.2\\Client", "DisabledByDefault");
  const policy::Edit server = edit(in_system, protocols + "TLS 1.0\\Server", "Enabled");
  const policy::Edit dotnet =
      edit(in_software, "Microsoft\\.NETFramework\\v4.0.30319", "SchUseStrongCrypto");
  const policy::Edit wininet = edit(in_software, internet, "SecureProtocols");
  CHECK(says({}) == "nothing");
  CHECK(says({native, wow64, enabled, by_default}) == "WinHTTP native+WoW64, TLS 1.2: 4 values");
  CHECK(says({server, dotnet, wininet}) == "TLS 1.0 server, .NET, WinINet: 3 values");
  plan.facts.os.architecture = windows::Architecture::x86;
  CHECK(says({native}) == "WinHTTP: 1 value");
}

TEST_CASE("A warning that only informs is not counted as one") {
  Report report = tests::sample_report();
  report.targets.resize(1);
  report.targets.front().installations.resize(1);
  policy::Finding finding;
  finding.id = "hive.state";
  finding.actual = "clean";
  finding.verdict = policy::Verdict::warn;
  for (const policy::Severity severity : {policy::Severity::info, policy::Severity::low}) {
    finding.severity = severity;
    report.targets.front().installations.front().findings = {finding};
    settle(report);
    const bool counts = severity == policy::Severity::low;
    CHECK(Catch::Contains("0 findings, 1 warning.").match(written(report)) == counts);
    CHECK(Catch::Contains("0 findings.").match(written(report)) == !counts);
  }
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
  options.all = true;
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
  options.all = true;
  const std::string text = written(tests::sample_report(), options);
  CHECK(text.find("\x1b[31mfail\x1b[0m") != std::string::npos);
  CHECK(text.find("\x1b[31mnot red") == std::string::npos);
}

TEST_CASE("A next command is one for the shell, or says in words what it would be") {
  struct Case {
    std::vector<std::string> changed;
    std::vector<std::string> others;  ///< targets of which nothing was chosen
    std::vector<std::string> given;
    Shell shell;
    Command next;
    const char* command;
  };
  const std::vector<std::string> many = {"1", "2", "3", "4", "5"};
  const std::vector<Case> cases = {
      {{"a b"}, {}, {"a b"}, Shell::posix, Command::plan, "goldhive plan -f 'a b'"},
      {{"a b"}, {}, {"a b"}, Shell::windows, Command::plan, "goldhive plan -f \"a b\""},
      {{"-a"}, {}, {"@l"}, Shell::posix, Command::plan, "goldhive plan -f ./-a"},
      {{"@a"}, {}, {"@l"}, Shell::windows, Command::plan, "goldhive plan -f \".\\@a\""},
      {many, {}, {"@l"}, Shell::windows, Command::plan, "goldhive plan -f \"@l\""},
      {many, {"6"}, {"d"}, Shell::posix, Command::plan, "goldhive plan -f d"},
      {{"d/a\nb"}, {"d/c"}, {"d"}, Shell::posix, Command::plan, "goldhive plan -f d"},
      {{"a\nb"},
       {},
       {"a\nb"},
       Shell::posix,
       Command::plan,
       "goldhive plan with the targets of the patch"},
      {{"%a%"},
       {},
       {"%a%"},
       Shell::windows,
       Command::plan,
       "goldhive plan with the targets of the patch"},
      {many,
       {},
       {"-"},
       Shell::posix,
       Command::plan,
       "this command once more, with plan in place of patch"},
      {{"a"}, {"b"}, {"d"}, Shell::posix, Command::undo, "goldhive undo -u a"},
      {{"d/", "d/e", "da"}, {}, {"@l"}, Shell::posix, Command::undo, "goldhive undo -u d/ da"},
      {many, {}, {"d"}, Shell::posix, Command::undo, "goldhive undo -u d"},
      // An undo of the folder would take back what was changed earlier, too.
      {many,
       {"6"},
       {"d"},
       Shell::posix,
       Command::undo,
       "goldhive undo with each of them, whose undo files stand above"},
      {{"d/a\nb"},
       {"d/c"},
       {"d"},
       Shell::posix,
       Command::undo,
       "goldhive undo with each of them, whose undo files stand above"},
  };
  for (const Case& each : cases) {
    INFO(each.command);
    NextTargets next;
    TargetReport target;
    for (const std::string& path : each.changed) {
      target.path = path;
      next.add_whole(target, true);
    }
    for (const std::string& path : each.others) {
      target.path = path;
      next.add_whole(target, false);
    }
    WriteOptions options;
    options.again = {{"-f"}, {"-u"}, each.given};
    options.shell = each.shell;
    CHECK(next.command(each.next, Command::patch, options) == each.command);
  }
}

TEST_CASE("On a terminal a next command is not folded, so that it can be pasted") {
  Report report = tests::sample_report();
  report.targets.resize(1);
  report.targets.front().path = std::string(30, 'x') + " " + std::string(30, 'y');
  for (InstallationReport& i : report.targets.front().installations) {
    i.facts.id = report.targets.front().path;
  }
  settle(report);
  WriteOptions options;
  options.width = 60;
  for (const bool all : {false, true}) {
    options.all = all;
    CHECK_THAT(written(report, options),
               Catch::Contains("\n  goldhive plan '" + report.targets.front().path + "'\n"));
  }
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
