#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "src/report/report.h"
#include "tests/golden.h"
#include "tests/report/sample.h"

namespace goldhive::report {
namespace {

using nlohmann::json;

std::string written(const Report& report, std::string_view format) {
  WriteOptions options;
  options.head = report.head;
  std::ostringstream out;
  find_format(format, report.command)->write(report, options, out);
  return out.str();
}

TEST_CASE("The JSON report of the sample is the approved one") {
  tests::check_golden("tests/report/golden/sample.json", written(tests::sample_report(), "json"));
}

TEST_CASE("A plan adds its changes and a patch what it did") {
  Report report = tests::sample_report();
  report.command = Command::patch;
  InstallationReport& seven = report.targets[0].installations[0];
  seven.changes.emplace();
  for (const policy::Finding& f : seven.findings) {
    seven.changes->insert(seven.changes->end(), f.edits.begin(), f.edits.end());
  }
  seven.changes->front().before = policy::Edit::Data{hive::ValueType::sz, {'a', 0, 0, 0}};
  seven.changed = true;
  UndoFileReport undo;
  undo.path = "install.wim.goldhive-undo";
  undo.installations = {"install.wim@2"};
  undo.values = 1;
  report.targets[0].undo_files = {undo};
  tests::check_golden("tests/report/golden/patch.json", written(report, "json"));
}

TEST_CASE("The lines of jsonl are the head, the target objects of json, and the summary") {
  const Report report = tests::sample_report();
  const json document = json::parse(written(report, "json"));
  std::istringstream text(written(report, "jsonl"));
  std::vector<json> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
  REQUIRE(lines.size() == report.targets.size() + 2);
  for (const auto& [name, value] : lines.front().items()) CHECK(value == document[name]);
  CHECK(lines.front().contains("schema"));
  for (std::size_t i = 0; i < report.targets.size(); ++i) {
    CHECK(lines[i + 1] == document["targets"][i]);
  }
  for (const auto& [name, value] : lines.back().items()) CHECK(value == document[name]);
  CHECK(lines.back()["summary"] == document["summary"]);
}

TEST_CASE("Bytes that are not UTF-8 still give valid JSON") {
  Report report;
  report.targets.resize(1);
  report.targets[0].path = "bad\xff\xfename";
  settle(report);
  const json document = json::parse(written(report, "json"));
  CHECK(document["targets"][0]["path"] == "bad\xef\xbf\xbd\xef\xbf\xbdname");
}

TEST_CASE("An unknown format is not found") {
  CHECK(find_format("xml", Command::scan) == nullptr);
  CHECK(find_format("", Command::scan) == nullptr);
  CHECK(find_format("reg", Command::scan) == nullptr);
  CHECK(find_format("reg", Command::plan) != nullptr);
}

}  // namespace
}  // namespace goldhive::report
