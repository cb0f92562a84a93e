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
  std::ostringstream out;
  find_format(format, report.command)->write(report, {}, out);
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
  report.targets[0].undo = "install.wim.goldhive-undo";
  tests::check_golden("tests/report/golden/patch.json", written(report, "json"));
}

TEST_CASE("Every line of jsonl is the target object of json") {
  const Report report = tests::sample_report();
  const json document = json::parse(written(report, "json"));
  std::istringstream lines(written(report, "jsonl"));
  std::string line;
  std::size_t count = 0;
  while (std::getline(lines, line)) {
    REQUIRE(count < document["targets"].size());
    CHECK(json::parse(line) == document["targets"][count]);
    ++count;
  }
  CHECK(count == report.targets.size());
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
