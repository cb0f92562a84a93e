// The findings as a table for a spreadsheet: one row each, and one for a target or an installation
// that has none, so that nothing that was looked at is missing.
//
// RFC 4180, with every cell quoted. The mark at the start tells Excel that it is UTF-8. A cell that
// begins with a sign of a formula gets an apostrophe, which spreadsheets show as text: names in a
// report come from hives, and opening a report must not run what somebody wrote into one (OWASP,
// "CSV Injection"). Columns are a contract (docs/report.md): new ones come last.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "imgtools/bytes/text.h"
#include "src/report/compare.h"
#include "src/report/printable.h"
#include "src/report/row_parts.h"
#include "src/report/writers.h"

namespace goldhive::report {
namespace {

constexpr auto csv_columns = std::to_array<std::string_view>(
    {"row",         "target",         "format",     "installation",  "status",
     "policy",      "os_product",     "os_version", "os_build",      "service_pack",
     "edition",     "architecture",   "check",      "view",          "control_set",
     "subject",     "verdict",        "severity",   "counts",        "waived",
     "fixable",     "possibly_stale", "key",        "value",         "actual",
     "actual_type", "expected",       "message",    "waiver_reason", "key_last_written",
     "evidence",    "changes",        "changed",    "refusal",       "error_kind",
     "error",       "undo_file"});

constexpr auto csv_comparison_columns = std::to_array<std::string_view>(
    {"row",         "change",      "target",      "installation", "old_policy",   "new_policy",
     "check",       "view",        "control_set", "subject",      "old_verdict",  "old_severity",
     "old_actual",  "old_message", "old_waived",  "new_verdict",  "new_severity", "new_actual",
     "new_message", "new_waived",  "error"});

bool begins_formula(std::string_view text) {
  constexpr std::string_view signs = "=+-@\t\r";
  if (text.empty()) return false;
  if (signs.find(text.front()) != std::string_view::npos) return true;
  // Their wide forms, which a spreadsheet in Japanese takes for the same.
  std::size_t at = 0;
  const char32_t c = next_code_point(text, at);
  return c == U'\uff1d' || c == U'\uff0b' || c == U'\uff0d' || c == U'\uff20';
}

/// A cell of Excel holds 32,767 characters, and what is longer spills into the next row.
void cut_to_cell(std::string& text) {
  constexpr std::size_t longest = 32'000;
  constexpr std::string_view mark = " [cut]";
  if (text.size() <= longest) return;
  std::size_t end = longest;
  while ((static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  text += mark;
}

std::string csv_cell(std::string_view untrusted) {
  std::string text = printable(untrusted);
  cut_to_cell(text);
  std::string out = begins_formula(untrusted) ? "\"'" : "\"";
  for (const char c : text) {
    out += c;
    if (c == '"') out += c;
  }
  return out + '"';
}

/// The cells of a row by their columns; those that are not set stay empty.
class CsvRow {
 public:
  explicit CsvRow(std::span<const std::string_view> columns)
      : columns_(columns), cells_(columns.size()) {}
  std::string& operator[](std::string_view column) {
    const auto found = std::find(columns_.begin(), columns_.end(), column);
    return cells_.at(static_cast<std::size_t>(found - columns_.begin()));
  }
  void write(std::ostream& out) const {
    for (std::size_t i = 0; i < cells_.size(); ++i)
      out << (i == 0 ? "" : ",") << csv_cell(cells_[i]);
    out << "\r\n";
  }

 private:
  std::span<const std::string_view> columns_;
  std::vector<std::string> cells_;
};

void write_csv_head(std::span<const std::string_view> columns, std::ostream& out) {
  out << "\xef\xbb\xbf";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    out << (i == 0 ? "\"" : ",\"") << columns[i] << '"';
  }
  out << "\r\n";
}

const char* yes_or_no(bool yes) { return yes ? "yes" : "no"; }

void name_row(const policy::Finding& f, CsvRow& row) {
  row["check"] = f.id;
  if (f.view) row["view"] = windows::to_string(*f.view);
  if (f.control_set) row["control_set"] = windows::control_set_name(*f.control_set);
  row["subject"] = f.subject;
}

class CsvWriter final : public TargetWriter {
 public:
  CsvWriter(const WriteOptions& options, std::ostream& out)
      : policy_(options.head.policy), out_(out) {
    write_csv_head(csv_columns, out_);
  }

  void target(const TargetReport& target) override {
    CsvRow common(csv_columns);
    common["target"] = target.path;
    common["format"] = target.format;
    common["policy"] = policy_;
    if (target.error) {
      CsvRow row = common;
      row["row"] = "error";
      row["status"] = to_string(target.status);
      row["error_kind"] = to_string(target.error->kind());
      row["error"] = target.error->what();
      row.write(out_);
    } else if (target.installations.empty()) {
      CsvRow row = common;
      row["row"] = "target";
      row["status"] = to_string(target.status);
      row["message"] = fmt::format("{}", fmt::join(target.notes, "; "));
      row.write(out_);
    }
    for (const InstallationReport& i : target.installations) {
      common["undo_file"] = undo_file_of(target, i);
      installation(i, common);
    }
  }

  void finish(const Report&) override {}

 private:
  void installation(const InstallationReport& report, CsvRow row) {
    const windows::OsFacts& os = report.facts.os;
    row["installation"] = report.facts.id;
    row["status"] = to_string(report.status);
    row["os_product"] = os.product;
    row["os_version"] = os.version;
    if (os.build != 0) row["os_build"] = std::to_string(os.build);
    if (os.service_pack) row["service_pack"] = std::to_string(*os.service_pack);
    row["edition"] = os.edition;
    row["architecture"] = windows::to_string(os.architecture);
    if (report.changes) row["changes"] = std::to_string(report.changes->size());
    if (report.changed) row["changed"] = yes_or_no(*report.changed);
    if (report.planned_in_vain()) row["refusal"] = report.refusal->what();
    for (const policy::Finding& f : report.findings) finding(f, row);
    if (!report.findings.empty()) return;
    row["row"] = "installation";
    row.write(out_);
  }

  void finding(const policy::Finding& f, CsvRow row) {
    row["row"] = "finding";
    name_row(f, row);
    row["verdict"] = policy::to_string(f.verdict);
    row["severity"] = policy::to_string(f.severity);
    row["counts"] = yes_or_no(leaves_open(f));
    row["waived"] = yes_or_no(f.waived);
    row["fixable"] = yes_or_no(f.fixable());
    row["possibly_stale"] = yes_or_no(f.possibly_stale);
    row["key"] = f.key;
    row["value"] = f.value;
    row["actual"] = f.actual.value_or("");
    row["actual_type"] = f.actual_type.value_or("");
    row["expected"] = f.expected.value_or("");
    row["message"] = f.message;
    row["waiver_reason"] = f.waiver_reason;
    if (f.key_last_written) row["key_last_written"] = iso_time(*f.key_last_written).value_or("");
    row["evidence"] = fmt::format("{}", fmt::join(f.evidence, "; "));
    row.write(out_);
  }

  std::string policy_;
  std::ostream& out_;
};

}  // namespace

Writer csv_writer(Command, const WriteOptions& options, std::ostream& out) {
  return std::make_unique<CsvWriter>(options, out);
}

namespace {

/// `side`: "old" or "new".
void tell_row(const std::optional<policy::Finding>& f, const std::string& side, CsvRow& row) {
  if (!f) return;
  row[side + "_verdict"] = policy::to_string(f->verdict);
  row[side + "_severity"] = policy::to_string(f->severity);
  row[side + "_actual"] = f->actual.value_or("");
  row[side + "_message"] = f->message;
  row[side + "_waived"] = yes_or_no(f->waived);
}

}  // namespace

void write_csv_comparison(const Comparison& comparison, const WriteOptions&, std::ostream& out) {
  write_csv_head(csv_comparison_columns, out);
  for (const InstallationChange& change : comparison.installations) {
    CsvRow common(csv_comparison_columns);
    common["row"] = change.id.empty() ? "target" : "installation";
    common["change"] = to_string(change.change);
    common["target"] = change.target;
    common["installation"] = change.id;
    common["old_policy"] = comparison.before.head.policy;
    common["new_policy"] = comparison.after.head.policy;
    common["error"] = change.error;
    if (change.rows.empty()) common.write(out);
    for (const RowChange& each : change.rows) {
      CsvRow row = common;
      row["row"] = "finding";
      row["change"] = to_string(each.change);
      name_row(comparison.shown(each), row);
      tell_row(comparison.before_of(each), "old", row);
      tell_row(comparison.after_of(each), "new", row);
      row.write(out);
    }
  }
}

}  // namespace goldhive::report
