// The report as SARIF 2.1.0 (OASIS), for code scanning in GitHub, GitLab and Azure DevOps.
//
// A rule is a check, with the texts of `goldhive explain`. A result is a row that fails, warns or
// leaves the status open, waived or not; what passes or does not apply is no result, since readers
// show each as an alert. Readers need a place in a file, so it is the first line of the image;
// where in the registry it is, is the logical location. GitHub tells alerts apart by their
// fingerprints, and makes some itself for sources only, so each result brings its own, which does
// not change with what the row says.
//
// Results come first and what is known at the end after them: members of JSON have no order.
#include <fmt/format.h>

#include "imgtools/bytes/digest.h"
#include "imgtools/bytes/json.h"
#include "imgtools/bytes/text.h"
#include "src/policy/checks.h"
#include "src/report/compare.h"
#include "src/report/printable.h"
#include "src/report/row_parts.h"
#include "src/report/text_layout.h"
#include "src/report/text_rows.h"
#include "src/report/writers.h"

namespace goldhive::report {
namespace {

using policy::Finding;
using policy::Severity;
using policy::Verdict;

constexpr const char* sarif_root = "ROOT";

std::string sarif_line(const Json& value) { return escaped_in_json(value.write(-1)); }

/// A plain text message: braces are doubled, and nothing is a link (SARIF, 3.11.5 and 3.11.6).
Json sarif_message(std::string_view text) {
  std::string out;
  const std::string shown = printable(text);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    out += shown[i];
    if (shown[i] == '{' || shown[i] == '}') out += shown[i];
    if (shown[i] == ']' && i + 1 < shown.size() && shown[i + 1] == '(') out += ' ';
  }
  return {{"text", out}};
}

std::string percent_encoded(std::string_view path) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  std::string out;
  for (const char c : path) {
    if (plain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

bool begins_with_drive(std::string_view path) {
  return path.size() > 2 && path[1] == ':' && path[2] == '/';
}

/// Relative, as GitHub wants it: to the working folder, or to the root of the file system.
Json artifact_location(std::string_view path) {
  if (path.starts_with("//")) return {{"uri", "file:" + percent_encoded(path)}};
  const bool absolute = path.starts_with('/') || begins_with_drive(path);
  while (path.starts_with("./") && path.size() > 2) path.remove_prefix(2);
  if (path.starts_with('/')) path.remove_prefix(1);
  Json location = {{"uri", percent_encoded(path.empty() ? "." : path)}};
  if (absolute) location.add("uriBaseId", sarif_root);
  return location;
}

Json physical_location(std::string_view path) {
  return {{"artifactLocation", artifact_location(path)},
          {"region", {{"startLine", 1}}}};  // GitHub takes no result without a line
}

const char* level_of(const Finding& f) {
  if (f.verdict == Verdict::undetermined) return "none";
  if (f.verdict == Verdict::fail && f.severity >= Severity::high) return "error";
  return f.severity >= Severity::medium ? "warning" : "note";
}

bool is_result(const Finding& f) {
  return f.verdict == Verdict::fail || f.verdict == Verdict::warn || leaves_open(f);
}

std::string fingerprint(const Finding& f, std::string_view path, std::string_view id) {
  Sha256 sha;
  constexpr std::uint8_t end = 0;
  for (const std::string_view part : {path, id, std::string_view(f.id)}) {
    sha.add(text_bytes(part));
    sha.add({&end, 1});
  }
  sha.add(text_bytes(row_name(f)));
  return to_hex(sha.finish());
}

Json logical_locations(const Finding& f, const std::string& id) {
  Json::Array places;
  const std::string shown = printable(id);
  if (!f.key.empty()) {
    const std::string key = printable(f.key);
    const std::string value = printable(f.value);
    const std::size_t leaf = key.rfind('\\') + 1;  // the whole where there is none
    places.push_back({{"name", value.empty() ? key.substr(leaf) : value},
                      {"fullyQualifiedName", value.empty() ? key : key + "\\" + value},
                      {"kind", value.empty() ? "registry key" : "registry value"}});
  }
  places.push_back({{"name", shown}, {"fullyQualifiedName", shown}, {"kind", "installation"}});
  return places;
}

Json rule_json(const policy::Check& check) {
  const policy::Explanation& e = check.explanation;
  const std::string help =
      fmt::format("{}\n\nWhy: {}\n\nFix: {}\n\nSource: {}", e.meaning, e.why, e.fix, e.source);
  const std::string marked = fmt::format("{}\n\n**Why:** {}\n\n**Fix:** {}\n\n**Source:** {}",
                                         e.meaning, e.why, e.fix, e.source);
  return {{"id", check.id},
          {"shortDescription", {{"text", e.summary}}},
          {"fullDescription", {{"text", e.meaning}}},
          {"help", {{"text", help}, {"markdown", marked}}},
          {"properties", {{"tags", Json::Array{"security", "windows", "tls"}}}}};
}

constexpr std::string_view sarif_start =
    "{\"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\", \"version\": "
    "\"2.1.0\",\n\"runs\": [{\n\"results\": [";

/// What follows the results.
void write_sarif_end(const std::string& tool_version, const std::string& automation_id,
                     const Json& invocation, std::ostream& out) {
  Json::Array rules;
  for (const policy::Check& check : policy::all_checks()) rules.push_back(rule_json(check));
  const Json tool = {{"driver",
                      {{"name", "goldhive"},
                       {"version", tool_version},
                       {"semanticVersion", tool_version},
                       {"rules", std::move(rules)}}}};
  const Json automation = {{"id", printable(automation_id)}};
  out << "\n],\n\"tool\": " << sarif_line(tool) << ",\n\"invocations\": [" << sarif_line(invocation)
      << "],\n\"automationDetails\": " << sarif_line(automation)
      << ",\n\"originalUriBaseIds\": " << sarif_line({{sarif_root, {{"uri", "file:///"}}}})
      << ",\n\"columnKind\": \"unicodeCodePoints\"\n}]}\n";
}

Json sarif_notification(const char* level, std::string_view text, const std::string& path) {
  const Json location = {{"physicalLocation", {{"artifactLocation", artifact_location(path)}}}};
  return {{"level", level}, {"message", sarif_message(text)}, {"locations", Json::Array{location}}};
}

/// Without what only the report itself knows of the row.
Json sarif_result(const Finding& f, const windows::Installation& facts, const std::string& path) {
  const std::string row = describe_row(f, facts, true);
  std::string text = facts.id + ": " + row + (row.empty() ? "" : ": ") + f.message;
  if (f.possibly_stale) text += " [possibly stale]";
  const Json location = {{"physicalLocation", physical_location(path)},
                         {"logicalLocations", logical_locations(f, facts.id)}};
  Json::Array suppressions;
  if (f.waived) {
    suppressions.push_back({{"kind", "external"},
                            {"status", "accepted"},
                            {"justification", printable(f.waiver_reason)}});
  }
  return {{"ruleId", f.id},
          {"kind", f.verdict == Verdict::undetermined ? "open" : "fail"},
          {"level", level_of(f)},
          {"message", sarif_message(text)},
          {"locations", Json::Array{location}},
          {"partialFingerprints", {{"goldhiveRow/v1", fingerprint(f, path, facts.id)}}},
          {"suppressions", std::move(suppressions)}};
}

class SarifWriter final : public TargetWriter {
 public:
  explicit SarifWriter(std::ostream& out) : out_(out) { out_ << sarif_start; }

  void target(const TargetReport& target) override {
    for (const InstallationReport& i : target.installations) installation(target, i);
    for (const std::string& undo : describe_left_undo_files(target)) {
      notify("note", "undo file: " + undo, target.path);
    }
    if (target.error) {
      notify("error", target.error->what(), target.path);
      return;
    }
    for (const InstallationReport& i : target.installations) {
      if (i.planned_in_vain()) {
        notify("warning", "a patch would be refused: " + std::string(i.refusal->what()),
               target.path);
      }
    }
  }

  void finish(const Report& report) override {
    const Json invocation = {
        {"executionSuccessful", report.summary.errors == 0 && !report.interrupted},
        {"toolExecutionNotifications", std::move(notifications_)}};
    write_sarif_end(report.head.tool_version,
                    fmt::format("goldhive/{}/{}/", to_string(report.command), report.head.policy),
                    invocation, out_);
  }

 private:
  void notify(const char* level, std::string_view text, const std::string& path) {
    notifications_.push_back(sarif_notification(level, text, path));
  }

  void installation(const TargetReport& target, const InstallationReport& report) {
    const std::string& path =
        report.facts.target.empty() ? target.path : report.facts.target;  // has '/' everywhere
    for (const Finding& f : report.findings) {
      if (!is_result(f)) continue;
      out_ << (first_ ? "\n" : ",\n") << sarif_line(result(f, report.facts, path));
      first_ = false;
    }
  }

  static Json result(const Finding& f, const windows::Installation& facts,
                     const std::string& path) {
    Json properties = {{"installation", printable(facts.id)},
                       {"verdict", policy::to_string(f.verdict)},
                       {"severity", policy::to_string(f.severity)},
                       {"fixable", f.fixable()},
                       {"possiblyStale", f.possibly_stale}};
    if (f.actual) properties.add("actual", printable(*f.actual));
    if (f.expected) properties.add("expected", printable(*f.expected));
    Json::Array evidence;
    for (const std::string& line : f.evidence) evidence.push_back(printable(line));
    if (!evidence.empty()) properties.add("evidence", std::move(evidence));
    Json result = sarif_result(f, facts, path);
    result.add("properties", std::move(properties));
    return result;
  }

  std::ostream& out_;
  bool first_ = true;
  Json::Array notifications_;
};

}  // namespace

Writer sarif_writer(Command, const WriteOptions&, std::ostream& out) {
  return std::make_unique<SarifWriter>(out);
}

namespace {

/// SARIF, 3.27.24. What could not be read is neither absent nor new.
const char* baseline_state(Change change) {
  switch (change) {
    case Change::appeared:
      return "new";
    case Change::changed:
      return "updated";
    case Change::fixed:
    case Change::gone:
      return "absent";
    case Change::unreachable:
    case Change::unchanged:
      break;
  }
  return "unchanged";
}

/// What is fixed is shown as it was: what it says now is no result.
Json compared_result(const Comparison& comparison, const InstallationChange& change,
                     const RowChange& row) {
  const std::optional<Finding> before = comparison.before_of(row);
  Json result =
      sarif_result(row.change == Change::fixed && before ? *before : comparison.shown(row),
                   change.facts(), change.target);
  result.add("baselineState", baseline_state(row.change));
  Json properties = {{"installation", printable(change.id)}, {"change", to_string(row.change)}};
  const auto add = [&properties](const std::string& side, const std::optional<Finding>& f) {
    if (!f) return;
    properties.add(side + "Verdict", policy::to_string(f->verdict));
    properties.add(side + "Message", printable(f->message));
  };
  add("old", before);
  add("new", comparison.after_of(row));
  result.add("properties", std::move(properties));
  return result;
}

}  // namespace

void write_sarif_comparison(const Comparison& comparison, const WriteOptions& options,
                            std::ostream& out) {
  out << sarif_start;
  bool first = true;
  Json::Array notifications;
  for (const InstallationChange& change : comparison.installations) {
    if (!change.error.empty()) {
      notifications.push_back(sarif_notification("error", change.error, change.target));
    }
    for (const RowChange& row : change.rows) {
      out << (first ? "\n" : ",\n") << sarif_line(compared_result(comparison, change, row));
      first = false;
    }
  }
  const bool all_read = notifications.empty();
  for (const std::string& remark : comparison.remarks()) {
    notifications.push_back({{"level", "warning"}, {"message", sarif_message(remark)}});
  }
  const Json invocation = {{"executionSuccessful", all_read},
                           {"toolExecutionNotifications", std::move(notifications)}};
  write_sarif_end(options.head.tool_version,
                  fmt::format("goldhive/compare/{}/", comparison.after.head.policy), invocation,
                  out);
}

}  // namespace goldhive::report
