#include "src/report/read_report.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/golden.h"
#include "tests/report/sample.h"

namespace goldhive::report {
namespace {

using nlohmann::json;

std::string in_format(const Report& report, std::string_view format) {
  WriteOptions options;
  options.head = report.head;
  std::ostringstream out;
  find_format(format, report.command)->write(report, options, out);
  return out.str();
}

Report read_back(const std::string& text) {
  Report report;
  const MemorySource file(Bytes(text.begin(), text.end()), "r.json");
  const ReportFrame frame = read_report(
      file, [](const ReportFrame&) {},
      [&](TargetReport target) { report.targets.push_back(std::move(target)); });
  report.command = frame.command;
  report.head = frame.head;
  settle(report);
  report.waivers = frame.waivers;
  report.summary.passed_over = frame.passed_over;
  report.interrupted = frame.interrupted;
  return report;
}

std::string refusal(const std::string& text) {
  try {
    read_back(text);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

/// The sample as a patch has it, with all that only a patch says.
Report patched_sample() {
  Report report = tests::sample_report();
  report.command = Command::patch;
  report.head.policy_sha256 = std::string(64, 'a');
  InstallationReport& seven = report.targets[0].installations[0];
  seven.changes.emplace();
  for (const policy::Finding& f : seven.findings) {
    seven.changes->insert(seven.changes->end(), f.edits.begin(), f.edits.end());
  }
  seven.changes->front().before = policy::Edit::Data{hive::ValueType::sz, {'a', 0, 0, 0}};
  seven.changes->push_back({windows::HiveName::system, "Select", "x",
                            policy::Edit::Data{hive::ValueType::qword, Bytes(8, 7)},
                            policy::Edit::Data{hive::ValueType::dword, Bytes(3, 1)}});
  seven.changed = true;
  UndoFileReport undo;
  undo.path = "install.wim.goldhive-undo";
  undo.size = 30106;
  undo.made = 134143776000000000;
  undo.tool = "goldhive 0.2.0";
  undo.installations = {"install.wim@2"};
  undo.values = 6;
  undo.files = {"install.wim"};
  undo.state = UndoState::fits;
  report.targets[0].undo_files = {undo, UndoFileReport{}};
  report.targets[0].undo_files[1].error = Error(ErrorKind::refused, "not believed", "a");
  report.targets[0].backup = BackupReport{"PC7", "2016-07-08 101112"};
  report.interrupted = true;
  settle(report);
  return report;
}

TEST_CASE("A report that is read back and written again is the same, byte for byte") {
  for (const Report& report : {tests::sample_report(), patched_sample()}) {
    for (const char* format : {"json", "jsonl"}) {
      const std::string text = in_format(report, format);
      CHECK(in_format(read_back(text), format) == text);
      // An editor or a shell of Windows may have been at it.
      CHECK(in_format(read_back("\xef\xbb\xbf" + text), format) == text);
    }
    CHECK(in_format(read_back(in_format(report, "jsonl")), "json") == in_format(report, "json"));
    CHECK(in_format(read_back(nlohmann::ordered_json::parse(in_format(report, "json")).dump()),
                    "json") == in_format(report, "json"));
  }
}

TEST_CASE("A report of schema 1, which had no digest of the policy, is read") {
  json document = json::parse(in_format(tests::sample_report(), "json"));
  document["schema"] = 1;
  document.erase("policy_sha256");
  CHECK(read_back(document.dump(2)).targets.size() == document["targets"].size());
}

TEST_CASE("What is no whole report is refused with the place and the reason") {
  const std::string document = in_format(tests::sample_report(), "json");
  const std::string lines = in_format(tests::sample_report(), "jsonl");
  const std::size_t head = lines.find('\n') + 1;
  const std::size_t end = lines.rfind('\n', lines.size() - 2) + 1;
  CHECK_THAT(refusal(""), Catch::Contains("r.json: is empty"));
  CHECK_THAT(refusal("regf"), Catch::Contains("is not JSON"));
  CHECK_THAT(refusal(lines.substr(0, lines.find('\n'))), Catch::Contains("is cut off"));
  CHECK_THAT(refusal("{}\n"), Catch::Contains("is not a report of goldhive"));
  CHECK_THAT(refusal("[]\n"), Catch::Contains("must be an object"));
  CHECK_THAT(refusal(document.substr(0, document.size() / 2)), Catch::Contains("JSON"));
  CHECK_THAT(refusal(lines.substr(0, lines.size() - 1)),
             Catch::Contains("is cut off: its last line has no end"));
  CHECK_THAT(refusal(lines.substr(0, end)),
             Catch::Contains("the last line of a report is its summary"));
  CHECK_THAT(refusal(lines.substr(head)), Catch::Contains("line 1: is a target"));
  CHECK_THAT(refusal(lines + lines), Catch::Contains("stands behind the end of the report"));
  // A line that is missing inside changes what the lines add up to.
  const std::size_t second = lines.find('\n', head) + 1;
  CHECK_THAT(refusal(lines.substr(0, head) + lines.substr(second)),
             Catch::Contains("the summary counts"));
}

TEST_CASE("A field that is not what the schema says is refused by its name") {
  const json good = json::parse(in_format(patched_sample(), "json"));
  struct Case {
    const char* pointer;
    json value;
    const char* says;
  };
  for (const Case& c : std::vector<Case>{
           {"/schema", 3, "is a report of schema 3; this build reads 1 to 2"},
           {"/schema", "2", "schema: must be a whole number"},
           {"/command", "format", "command: 'format' is not known here"},
           {"/command", "undo", "is a report of goldhive undo"},
           {"/tool", nullptr, "is not a report of goldhive"},
           {"/targets", 7, "targets: must be a list"},
           {"/targets/0/path", nullptr, "targets[0].path: must be a string"},
           {"/targets/0/status", "compliant", "targets[0].status: is 'compliant', and by what"},
           {"/targets/0/installations/0/status", "error", "would be"},
           {"/targets/0/installations/0/findings/0/verdict", "maybe",
            "findings[0].verdict: 'maybe'"},
           {"/targets/0/installations/0/findings/0/control_set", "ControlSet1x", "control set"},
           {"/targets/0/installations/0/findings/0/fixable", "no", "must be true or false"},
           {"/targets/0/installations/0/os/build", -1, "must be a whole number"},
           {"/targets/0/installations/0/os/build", 4294967296U, "up to 4294967295"},
           {"/targets/0/installations/0/hives/0/last_written", "2016-13-08T10:11:12Z", "a time"},
           {"/targets/0/installations/0/hives/0/sequence", json::array({1}), "two numbers"},
           {"/targets/0/installations/0/changes/0/key", "HKCU\\x", "is not in the hive"},
           {"/targets/0/installations/0/changes/0/after/type", "REG_NEW", "is not a type of value"},
           {"/targets/0/installations/0/changes/0/after/data", "0xzz", "is not a number"},
           {"/summary/fail", 99, "the summary counts"},
       }) {
    json changed = good;
    changed[json::json_pointer(c.pointer)] = c.value;
    INFO(c.pointer);
    CHECK_THAT(refusal(changed.dump(2)), Catch::Contains(c.says));
  }
}

TEST_CASE("A plan that does not say what it would change is refused") {
  Report report = tests::sample_report();
  report.command = Command::plan;
  for (TargetReport& target : report.targets) {
    for (InstallationReport& each : target.installations) each.changes.emplace();
  }
  settle(report);
  json plan = json::parse(in_format(report, "json"));
  CHECK(refusal(plan.dump()).empty());
  plan["targets"][0]["installations"][0].erase("changes");
  CHECK_THAT(refusal(plan.dump()), Catch::Contains("does not say what it would change"));
}

TEST_CASE("Whatever one byte of a report becomes, it is read or refused") {
  const std::string lines = in_format(patched_sample(), "jsonl");
  for (std::size_t at = 0; at < lines.size(); at += 41) {
    for (const char byte : {'\0', '"', '9', '}', '\n', '\xff'}) {
      std::string changed = lines;
      changed[at] = byte;
      refusal(changed);
    }
  }
}

}  // namespace
}  // namespace goldhive::report
