#include "src/report/compare.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "imgtools/bytes/printable.h"
#include "imgtools/bytes/text.h"
#include "tests/golden.h"

namespace goldhive::report {
namespace {

using policy::Finding;
using policy::Severity;
using policy::Verdict;

Finding row(Verdict verdict, const std::string& message, const std::string& check = "c.row") {
  Finding f;
  f.id = check;
  f.verdict = verdict;
  f.severity = Severity::high;
  f.message = message;
  return f;
}

Finding waived(Finding f) {
  f.waived = true;
  f.waiver_reason = "hall 3";
  return f;
}

Finding informing(Finding f) {
  f.severity = Severity::info;
  return f;
}

TargetReport target(const std::string& path, std::vector<Finding> rows) {
  TargetReport t;
  t.path = path;
  t.installations.emplace_back();
  t.installations[0].facts.id = path + ":p1";
  t.installations[0].facts.os.architecture = windows::Architecture::amd64;
  t.installations[0].facts.control_sets.boots = 1;
  t.installations[0].findings = std::move(rows);
  return t;
}

TargetReport broken(const std::string& path) {
  TargetReport t;
  t.path = path;
  t.error = Error(ErrorKind::io, "cannot be read", path);
  return t;
}

/// A comparison and what it points to.
struct Compared {
  RowTexts texts;
  Comparison result;

  Compared(const std::vector<TargetReport>& before, const std::vector<TargetReport>& after) {
    Snapshot older(texts);
    for (const TargetReport& t : before) older.add(t);
    Snapshot newer(texts);
    for (const TargetReport& t : after) newer.add(t);
    result = compare(older, newer);
    result.before = {"old.jsonl", {"0.2.0", "baseline", std::string(64, 'a')}};
    result.after = {"new.json", {"0.2.0", "baseline", std::string(64, 'a')}};
  }
};

TEST_CASE("A row is new, changed, fixed or unchanged by what counts") {
  const Finding pass = row(Verdict::pass, "on");
  const Finding fail = row(Verdict::fail, "off");
  const Finding open = row(Verdict::undetermined, "who knows");
  Finding other_value = fail;
  other_value.actual = "0x80";
  struct Case {
    const char* name;
    std::optional<Finding> before, after;
    std::optional<Change> change;  ///< nullopt: in neither does it count
    Status status;
  };
  for (const Case& c : std::vector<Case>{
           {"pass, pass", pass, pass, std::nullopt, Status::compliant},
           {"pass, warn", pass, row(Verdict::warn, "old"), std::nullopt, Status::compliant},
           {"nothing, pass", std::nullopt, pass, std::nullopt, Status::compliant},
           {"pass, fail", pass, fail, Change::appeared, Status::findings},
           {"nothing, fail", std::nullopt, fail, Change::appeared, Status::findings},
           {"informs, fail", informing(fail), fail, Change::appeared, Status::findings},
           {"waived, fail", waived(fail), fail, Change::appeared, Status::findings},
           {"pass, undetermined", pass, open, Change::appeared, Status::undetermined},
           {"nothing, undetermined", std::nullopt, open, Change::appeared, Status::undetermined},
           {"fail, pass", fail, pass, Change::fixed, Status::compliant},
           {"fail, informs", fail, informing(fail), Change::changed, Status::compliant},
           {"fail, warn", fail, row(Verdict::warn, "old"), Change::changed, Status::compliant},
           {"undetermined, warn", open, row(Verdict::warn, "old"), Change::changed,
            Status::compliant},
           {"undetermined, informs", open, informing(open), Change::changed, Status::compliant},
           {"fail, waived warn", fail, waived(row(Verdict::warn, "old")), Change::changed,
            Status::compliant},
           {"fail, not applicable", fail, row(Verdict::not_applicable, "no"), Change::fixed,
            Status::compliant},
           {"fail, nothing", fail, std::nullopt, Change::fixed, Status::compliant},
           {"fail, waived pass", fail, waived(pass), Change::fixed, Status::compliant},
           {"fail, waived", fail, waived(fail), Change::changed, Status::compliant},
           {"undetermined, waived", open, waived(open), Change::changed, Status::compliant},
           {"fail, undetermined", fail, open, Change::changed, Status::undetermined},
           {"undetermined, fail", open, fail, Change::changed, Status::compliant},
           {"fail, other message", fail, row(Verdict::fail, "gone"), Change::changed,
            Status::compliant},
           {"fail, other value", fail, other_value, Change::changed, Status::compliant},
           {"fail, fail", fail, fail, Change::unchanged, Status::compliant},
           {"undetermined twice", open, open, Change::unchanged, Status::compliant},
       }) {
    INFO(c.name);
    const auto rows = [](const std::optional<Finding>& f) {
      return f ? std::vector<Finding>{*f} : std::vector<Finding>{};
    };
    const Compared got({target("a", rows(c.before))}, {target("a", rows(c.after))});
    REQUIRE(got.result.installations.size() == 1);
    const InstallationChange& only = got.result.installations.front();
    CHECK(got.result.status == c.status);
    REQUIRE(only.rows.size() == (c.change ? 1 : 0));
    if (!c.change) continue;
    CHECK(to_string(only.rows[0].change) == std::string(to_string(*c.change)));
    CHECK(got.result.counts.of(*c.change) == 1);
    CHECK((only.change == Change::unchanged) == (*c.change == Change::unchanged));
  }
}

TEST_CASE("Rows are told apart by check, view, control set and subject, in any order") {
  std::vector<Finding> rows(5, row(Verdict::fail, "off"));
  rows[1].view = windows::View::wow64;
  rows[2].control_set = 1;
  rows[3].subject = "TLS 1.0 client";
  rows[4].id = "c.other";
  std::vector<Finding> turned(rows.rbegin(), rows.rend());
  const Compared same({target("a", rows)}, {target("a", turned)});
  CHECK(same.result.counts.of(Change::unchanged) == 5);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<Finding> less = rows;
    less.erase(less.begin() + static_cast<std::ptrdiff_t>(i));
    const Compared got({target("a", less)}, {target("a", rows)});
    CHECK(got.result.counts.of(Change::unchanged) == 4);
    CHECK(got.result.counts.of(Change::appeared) == 1);
    CHECK(got.result.installations[0].rows[i].change == Change::appeared);
  }
  // Two of one name go with two of that name.
  const std::vector<Finding> twice(2, rows[0]);
  CHECK(Compared({target("a", twice)}, {target("a", twice)}).result.counts.of(Change::unchanged) ==
        2);
}

TEST_CASE("What became of an installation") {
  const TargetReport good = target("a", {row(Verdict::fail, "off")});
  TargetReport empty;
  empty.path = "a";
  TargetReport as_itself = good;
  as_itself.path = "a:p1";
  struct Case {
    const char* name;
    std::vector<TargetReport> before, after;
    Change change;
    Status status;
  };
  for (const Case& c : std::vector<Case>{
           {"new", {}, {good}, Change::appeared, Status::findings},
           {"gone with its target", {good}, {}, Change::gone, Status::compliant},
           {"gone from its target", {good}, {empty}, Change::gone, Status::compliant},
           {"target gone", {empty}, {}, Change::gone, Status::compliant},
           {"broken target gone", {broken("a")}, {}, Change::gone, Status::compliant},
           {"unreachable", {good}, {broken("a")}, Change::unreachable, Status::error},
           {"unreachable by its own name",
            {good},
            {broken("a:p1")},
            Change::unreachable,
            Status::error},
           {"empty and unreachable", {empty}, {broken("a")}, Change::unreachable, Status::error},
           {"never reached", {}, {broken("a")}, Change::unreachable, Status::error},
           {"read in neither", {broken("a")}, {broken("a")}, Change::unchanged, Status::compliant},
           {"read at last", {broken("a")}, {good}, Change::appeared, Status::findings},
           {"named otherwise", {good}, {as_itself}, Change::unchanged, Status::compliant},
           {"twice, the last counts",
            {good},
            {broken("a"), good},
            Change::unchanged,
            Status::compliant},
           {"twice, and lost the second time",
            {good},
            {good, broken("a")},
            Change::unreachable,
            Status::error},
       }) {
    INFO(c.name);
    const Compared got(c.before, c.after);
    REQUIRE(got.result.installations.size() == 1);
    CHECK(to_string(got.result.installations[0].change) == std::string(to_string(c.change)));
    CHECK(got.result.status == c.status);
    const bool lost = c.change == Change::gone || c.change == Change::unreachable;
    if (lost) CHECK(got.result.counts.of(Change::fixed) == 0);
  }
  CHECK(Compared({broken("a")}, {broken("a")}).result.counts.read_in_neither == 1);
}

TEST_CASE("Other policies and other builds are remarked upon") {
  Compared got({}, {});
  CHECK(got.result.remarks().empty());
  got.result.after.head.policy_sha256 = std::string(64, 'b');
  REQUIRE(got.result.remarks().size() == 1);
  CHECK_THAT(got.result.remarks()[0], Catch::Contains("are not the same text"));
  got.result.after.head.policy = "own";
  got.result.after.head.tool_version = "0.3.0";
  REQUIRE(got.result.remarks().size() == 2);
  CHECK_THAT(got.result.remarks()[0], Catch::Contains("'baseline', the other by 'own'"));
  CHECK_THAT(got.result.remarks()[1], Catch::Contains("goldhive 0.2.0, the other by 0.3.0"));
}

/// One of each kind of change.
Compared sample(const std::string& name = "") {
  Finding before_view =
      row(Verdict::pass, "0xa00 (TLS 1.1, TLS 1.2)", "winhttp.default-secure-protocols");
  before_view.view = windows::View::wow64;
  before_view.actual = "0xa00";
  Finding view = before_view;
  view.verdict = Verdict::fail;
  view.actual.reset();
  view.message = "not set";
  Finding set = row(Verdict::fail, "off by default", "schannel.tls12.client");
  set.control_set = 1;
  Finding set_passes = set;
  set_passes.verdict = Verdict::pass;
  set_passes.message = "on";
  Finding algorithm = row(Verdict::fail, "all are off", "schannel.tls12-algorithms");
  algorithm.subject = "ciphers" + name;
  Finding legacy = row(Verdict::fail, "on by default", "schannel.legacy");
  legacy.subject = "SSL 3.0 client";
  const Finding update =
      row(Verdict::undetermined, "webio.dll is not in this source" + name, "servicing.kb3140245");
  const Finding level = row(Verdict::fail, "no Service Pack", "os.servicing-level");
  return Compared(
      {target("pc" + name, {before_view, set, algorithm, legacy, level}),
       target("sold" + name, {view}), target("lost" + name, {set, level}), broken("never" + name)},
      {target("pc" + name, {update, view, set_passes, waived(legacy), level}),
       broken("lost" + name), target("bought" + name, {set}), broken("never" + name)});
}

std::string shown(const Comparison& comparison, std::string_view format, bool all = false) {
  WriteOptions options;
  options.head.tool_version = "1.2.3";
  options.all = all;
  std::ostringstream out;
  find_format(format, Command::compare)->write_comparison(comparison, options, out);
  return out.str();
}

TEST_CASE("One of each kind of change in each format is the approved one") {
  const Compared got = sample();
  const auto check = [&got](const char* file, const char* format, bool all = false) {
    tests::check_golden(std::string("tests/report/golden/") + file, shown(got.result, format, all));
  };
  check("compare.txt", "text");
  check("compare-all.txt", "text", true);
  check("compare.json", "json");
  check("compare.jsonl", "jsonl");
  check("compare.csv", "csv");
  check("compare.md", "markdown");
  check("compare.junit.xml", "junit");
  check("compare.sarif", "sarif");
  check("compare.html", "html", true);
}

TEST_CASE("JSON that is written piece by piece is well-formed, however much there is") {
  CHECK(nlohmann::json::parse(shown(Compared({}, {}).result, "json"))["installations"].empty());
  const nlohmann::json whole = nlohmann::json::parse(shown(sample().result, "json"));
  CHECK(whole["installations"].size() == 5);
  std::istringstream lines(shown(sample().result, "jsonl"));
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    if (count > 0 && count < 6)
      CHECK(nlohmann::json::parse(line) == whole["installations"][count - 1]);
  }
  CHECK(count == 7);
}

TEST_CASE("No format of a comparison passes on a character that hides or drives a terminal") {
  const std::string_view utf8_mark = "\xef\xbb\xbf";
  const std::string evil =
      "a\x1b[2J\xc2\x9b"
      "2J\x7f\xe2\x80\xae\xe2\x80\x8b\xef\xbb\xbf\xff|<script>`";
  Compared got = sample(evil);
  got.result.before.file += evil;
  got.result.after.head.policy += evil;
  got.result.after.head.tool_version += evil;
  std::size_t tried = 0;
  for (const Format& format : formats()) {
    if (!format.is_for(Command::compare)) continue;
    const std::string text = shown(got.result, format.name, true);
    INFO(format.name);
    ++tried;
    REQUIRE(to_utf8(to_utf16(text)) == text);
    for (std::size_t at = text.starts_with(utf8_mark) ? utf8_mark.size() : 0; at < text.size();) {
      const char32_t c = next_code_point(text, at);
      const bool line_end = c == U'\n' || (c == U'\r' && format.name == "csv");
      if (!line_end && must_be_escaped(c)) FAIL_CHECK("U+" << static_cast<unsigned>(c));
    }
    const bool is_markup =
        format.name == "markdown" || format.name == "junit" || format.name == "html";
    if (is_markup) CHECK(text.find("<script>`") == std::string::npos);
  }
  CHECK(tried == 8);
}

}  // namespace
}  // namespace goldhive::report
