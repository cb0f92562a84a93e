// The report as results of tests, as CI systems show them: an installation is a suite, a row is a
// test case. They know a case by its classname and name (GitLab, Jenkins), so both come from the
// installation, the check and the row, and from nothing that a run can change.
//
// A failure is a row that counts as a finding; an error is a verdict that could not be drawn, or a
// target that could not be read; skipped is what does not apply or is waived. The format has no
// standard. Elements and their order are those that Jenkins' schema (junit-10.xsd) allows; times
// and the host's name are left out, and so are totals at the head, since suites are written as they
// come.
#include <fmt/format.h>

#include "src/report/compare.h"
#include "src/report/row_parts.h"
#include "src/report/text_layout.h"
#include "src/report/writers.h"

namespace goldhive::report {
namespace {

using policy::Finding;
using policy::Verdict;

/// Of a target, not of a row: whether it could be read, and whether there is a Windows in it.
constexpr std::string_view case_of_target = "target";

constexpr std::string_view junit_start =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"goldhive\">\n";

struct JUnitSuite {
  std::string name;
  std::string properties = {};
  std::string cases = {};
  std::string notes = {};
  std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;

  void add_property(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    properties +=
        fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", key, markup_text(value));
  }
  void add_case(std::string_view case_name, const std::string& body) {
    ++tests;
    cases += fmt::format("    <testcase classname=\"{}\" name=\"{}\"", markup_text(name),
                         markup_text(case_name));
    cases += body.empty() ? "/>\n" : fmt::format(">\n{}    </testcase>\n", body);
  }
  void add_note(std::string_view note) { notes += markup_text(note) + '\n'; }

  void write(std::ostream& out) const {
    out << fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n",
        markup_text(name), tests, failures, errors, skipped);
    if (!properties.empty()) out << "    <properties>\n" << properties << "    </properties>\n";
    out << cases;
    if (!notes.empty()) out << "    <system-out>" << notes << "</system-out>\n";
    out << "  </testsuite>\n";
  }
};

std::string problem(std::string_view element, std::string_view type, std::string_view message,
                    const std::string& text) {
  return fmt::format("      <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n", element,
                     markup_text(type), markup_text(message), text);
}

/// What is behind a row, a line each.
std::string case_details(const Finding& f) {
  std::string text = "\n";
  const auto add = [&text](const std::string& line) {
    if (!line.empty()) text += markup_text(line) + '\n';
  };
  add(f.key);
  add(value_and_wish(f));
  for (const std::string& line : f.evidence) add(line);
  if (f.fixable()) add("goldhive patch can change it");
  return text;
}

std::string case_name_of(const Finding& f) {
  const std::string row = row_name(f);
  return row.empty() ? f.id : f.id + " " + row;
}

void add_case(const Finding& f, JUnitSuite& suite) {
  const std::string name = case_name_of(f);
  const std::string message = f.message + (f.possibly_stale ? " [possibly stale]" : "");
  std::string body;
  if (f.waived) {
    ++suite.skipped;
    body = fmt::format("      <skipped message=\"{}\"/>\n",
                       markup_text(fmt::format("waived: {} ({}: {})", f.waiver_reason,
                                               policy::to_string(f.verdict), message)));
  } else if (f.verdict == Verdict::not_applicable) {
    ++suite.skipped;
    body =
        fmt::format("      <skipped message=\"{}\"/>\n", markup_text("not applicable: " + message));
  } else if (counts_as_finding(f)) {
    ++suite.failures;
    body = problem("failure", policy::to_string(f.severity), message, case_details(f));
  } else if (leaves_open(f)) {
    ++suite.errors;
    body = problem("error", policy::to_string(f.verdict), message, case_details(f));
  } else if (f.verdict != Verdict::pass) {  // a warning, or what only informs
    body = fmt::format("      <system-out>{}: {}{}</system-out>\n", policy::to_string(f.verdict),
                       markup_text(message), case_details(f));
  }
  suite.add_case(name, body);
}

class JUnitWriter final : public TargetWriter {
 public:
  JUnitWriter(const WriteOptions& options, std::ostream& out)
      : policy_(options.head.policy), out_(out) {
    out_ << junit_start;
  }

  void target(const TargetReport& target) override {
    if (target.error || target.installations.empty()) {
      JUnitSuite suite{.name = target.path};
      if (target.error) {
        ++suite.errors;
        suite.add_case(case_of_target,
                       problem("error", to_string(target.error->kind()), target.error->what(), ""));
      } else {
        ++suite.skipped;
        suite.add_case(case_of_target, "      <skipped message=\"no Windows in it\"/>\n");
      }
      for (const std::string& note : target.notes) suite.add_note(note);
      suite.write(out_);
    }
    for (const InstallationReport& i : target.installations) {
      installation(i, undo_file_of(target, i));
    }
  }

  void finish(const Report&) override { out_ << "</testsuites>\n"; }

 private:
  void installation(const InstallationReport& report, const std::string& undo_file) {
    const windows::Installation& facts = report.facts;
    JUnitSuite suite{.name = facts.id};
    suite.add_property("os", describe_system(facts));
    suite.add_property("policy", policy_);
    suite.add_property("status", to_string(report.status));
    if (report.changes) suite.add_property("changes", std::to_string(report.changes->size()));
    if (report.changed) suite.add_property("changed", *report.changed ? "yes" : "no");
    if (report.planned_in_vain()) suite.add_property("refusal", report.refusal->what());
    suite.add_property("undo_file", undo_file);
    for (const Finding& f : report.findings) add_case(f, suite);
    for (const std::string& text : facts.warnings) suite.add_note(text);
    for (const std::string& text : facts.os.conflicts) suite.add_note(text);
    suite.write(out_);
  }

  std::string policy_;
  std::ostream& out_;
};

}  // namespace

Writer junit_writer(Command, const WriteOptions& options, std::ostream& out) {
  return std::make_unique<JUnitWriter>(options, out);
}

namespace {

/// What a row said in the other report.
std::string case_of_before(const std::optional<Finding>& f) {
  if (!f) return "";
  return markup_text(fmt::format("before: {}{}: {}", f->waived ? "waived, " : "",
                                 policy::to_string(f->verdict), f->message)) +
         '\n';
}

/// What is new fails; what was known before passes, and says what it is.
void add_changed_case(const Comparison& comparison, const RowChange& row, JUnitSuite& suite) {
  const Finding f = comparison.shown(row);
  const std::string before = case_of_before(comparison.before_of(row));
  std::string body;
  if (loses_verdict(comparison, row)) {
    ++suite.errors;
    body = problem("error", policy::to_string(f.verdict), f.message, before);
  } else if (row.change == Change::appeared) {
    ++suite.failures;
    body = problem("failure", policy::to_string(f.severity), f.message, before);
  } else if (row.change == Change::gone || row.change == Change::unreachable) {
    ++suite.skipped;
    body = fmt::format("      <skipped message=\"{}\"/>\n", to_string(row.change));
  } else {
    body = fmt::format("      <system-out>{}: {}{}\n{}</system-out>\n", to_string(row.change),
                       f.waived ? "waived, " : "",
                       row.after ? markup_text(f.message) : "is not there any more", before);
  }
  suite.add_case(case_name_of(f), body);
}

}  // namespace

void write_junit_comparison(const Comparison& comparison, const WriteOptions&, std::ostream& out) {
  out << junit_start;
  for (const InstallationChange& change : comparison.installations) {
    JUnitSuite suite{.name = change.name()};
    suite.add_property("change", to_string(change.change));
    suite.add_property("old_policy", comparison.before.head.policy);
    suite.add_property("new_policy", comparison.after.head.policy);
    if (change.change == Change::unreachable) {
      ++suite.errors;
      suite.add_case(case_of_target, problem("error", "unreachable", change.error, ""));
    } else if (change.rows.empty()) {
      suite.add_case(case_of_target,
                     fmt::format("      <system-out>{}</system-out>\n", to_string(change.change)));
    }
    for (const RowChange& row : change.rows) add_changed_case(comparison, row, suite);
    for (const std::string& remark : comparison.remarks()) suite.add_note(remark);
    suite.write(out);
  }
  out << "</testsuites>\n";
}

}  // namespace goldhive::report
