// The report as JSON, and its target objects as JSON lines. Field names, order and meaning are the
// contract of docs/report.md and docs/report.schema.json. Every field is always there, and null if
// it has no value.
#include <fmt/format.h>

#include "imgtools/bytes/json.h"
#include "src/report/compare.h"
#include "src/report/printable.h"
#include "src/report/value_text.h"
#include "src/report/writers.h"

namespace goldhive::report {
namespace {

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json number_or_null(std::uint64_t number) { return number == 0 ? Json(nullptr) : Json(number); }

Json error_json(const std::optional<Error>& error) {
  if (!error) return nullptr;
  return {{"kind", to_string(error->kind())},
          {"message", error->message()},
          {"where", text_or_null(error->where())},
          {"offset", error->offset()},
          {"expected", text_or_null(error->expected())},
          {"actual", text_or_null(error->actual())}};
}

Json os_json(const windows::OsFacts& os) {
  return {{"product", text_or_null(os.product)},
          {"version", text_or_null(os.version)},
          {"build", number_or_null(os.build)},
          {"service_pack", os.service_pack},
          {"edition", text_or_null(os.edition)},
          {"installation_type", text_or_null(os.installation_type)},
          {"architecture", windows::to_string(os.architecture)},
          {"family", windows::to_string(os.family)},
          {"build_lab", text_or_null(os.build_lab)},
          {"notes", os.notes},
          {"conflicts", os.conflicts}};
}

Json control_sets_json(const windows::ControlSetFacts& sets) {
  return {{"current", sets.current},         {"default", sets.default_},
          {"failed", sets.failed},           {"last_known_good", sets.last_known_good},
          {"present", sets.present},         {"boots", sets.boots},
          {"note", text_or_null(sets.note)}, {"error", text_or_null(sets.error)}};
}

Json log_json(const hive::LogAccount& log) {
  Json::Array entries;
  for (const hive::LogEntryAccount& e : log.entries) {
    entries.push_back({{"offset", e.offset},
                       {"sequence", e.sequence},
                       {"pages", e.pages},
                       {"applied", e.applied},
                       {"reason", text_or_null(e.reason)}});
  }
  return {
      {"name", log.name}, {"format", text_or_null(log.format)}, {"sequence", log.sequence},
      {"used", log.used}, {"reason", text_or_null(log.reason)}, {"entries", std::move(entries)}};
}

Json hive_json(const windows::HiveFact& hive) {
  Json::Array logs;
  for (const hive::LogAccount& log : hive.logs) logs.push_back(log_json(log));
  const bool there = !hive.missing;
  return {{"name", windows::to_string(hive.name)},
          {"path", text_or_null(hive.path)},
          {"size", there ? Json(hive.size) : Json(nullptr)},
          {"state", there ? hive::to_string(hive.state) : "missing"},
          {"sequence", there ? Json(Json::Array{hive.sequence1, hive.sequence2}) : Json(nullptr)},
          {"last_written", iso_time(hive.last_written)},
          {"sha256", hive.sha256},
          {"reason", text_or_null(hive.reason)},
          {"logs", std::move(logs)},
          {"error", error_json(hive.error)}};
}

Json volume_state_json(const VolumeState& state) {
  return {{"encrypted", state.encrypted},     {"dirty", state.dirty},
          {"unclean_log", state.unclean_log}, {"fast_startup", state.fast_startup},
          {"hibernated", state.hibernated},   {"detail", text_or_null(state.detail)}};
}

Json finding_json(const policy::Finding& f) {
  return {{"id", f.id},
          {"view", f.view ? Json(windows::to_string(*f.view)) : Json(nullptr)},
          {"control_set",
           f.control_set ? Json(windows::control_set_name(*f.control_set)) : Json(nullptr)},
          {"subject", text_or_null(f.subject)},
          {"verdict", policy::to_string(f.verdict)},
          {"severity", policy::to_string(f.severity)},
          {"key", text_or_null(f.key)},
          {"value", text_or_null(f.value)},
          {"actual", f.actual},
          {"actual_type", f.actual_type},
          {"expected", f.expected},
          {"key_last_written", f.key_last_written ? iso_time(*f.key_last_written) : Json(nullptr)},
          {"message", f.message},
          {"fixable", f.fixable()},
          {"possibly_stale", f.possibly_stale},
          {"waived", f.waived},
          {"waiver_reason", text_or_null(f.waiver_reason)},
          {"evidence", f.evidence}};
}

Json data_json(const std::optional<policy::Edit::Data>& data) {
  if (!data) return nullptr;
  return {{"type", hive::to_string(data->type)}, {"data", data_text(*data)}};
}

Json change_json(const policy::Edit& edit) {
  return {{"hive", windows::to_string(edit.hive)},
          {"key", full_key(edit)},
          {"value", edit.value},
          {"before", data_json(edit.before)},
          {"after", data_json(edit.after)}};
}

Json installation_json(const InstallationReport& report) {
  const windows::Installation& facts = report.facts;
  Json::Array hives;
  for (const windows::HiveFact& h : facts.hives) hives.push_back(hive_json(h));
  Json::Array findings;
  for (const policy::Finding& f : report.findings) findings.push_back(finding_json(f));
  Json out = {{"id", facts.id},
              {"root", facts.root},
              {"windows_directory", text_or_null(facts.windows_directory)},
              {"loose", facts.loose},
              {"regback", facts.regback},
              {"winpe", facts.winpe},
              {"os", os_json(facts.os)},
              {"control_sets", control_sets_json(facts.control_sets)},
              {"volume", volume_state_json(facts.volume)},
              {"hives", std::move(hives)},
              {"warnings", facts.warnings},
              {"findings", std::move(findings)}};
  if (report.changes) {
    Json::Array changes;
    for (const policy::Edit& e : *report.changes) changes.push_back(change_json(e));
    out.add("changes", std::move(changes));
  }
  if (report.changed) out.add("changed", *report.changed);
  if (report.planned_in_vain()) out.add("refusal", error_json(report.refusal));
  out.add("status", to_string(report.status));
  return out;
}

Json volume_json(const VolumeReport& volume) {
  Json out = {{"id", volume.id},
              {"label", text_or_null(volume.label)},
              {"file_system", text_or_null(volume.file_system)},
              {"size", number_or_null(volume.size)},
              {"passed_over", text_or_null(volume.passed_over)}};
  if (!volume.description.empty()) out.add("description", volume.description);
  return out;
}

Json fault_json(const hive::Fault& fault) {
  return {{"code", hive::to_string(fault.code)},
          {"harm", hive::to_string(fault.harm)},
          {"offset", fault.offset},
          {"key", text_or_null(fault.key)},
          {"message", fault.message},
          {"expected", text_or_null(fault.expected)},
          {"actual", text_or_null(fault.actual)},
          {"mending", text_or_null(hive::mending(fault.code))}};
}

Json hive_check_json(const HiveCheckReport& check) {
  const hive::CheckResult& r = check.result;
  Json::Array faults;
  for (const hive::Fault& f : r.faults) faults.push_back(fault_json(f));
  return {{"id", check.id},
          {"path", check.path},
          {"size", check.size},
          {"state", hive::to_string(check.state)},
          {"reason", text_or_null(check.reason)},
          {"safe_to_edit", r.safe_to_edit()},
          {"complete", r.complete},
          {"fault_count", r.fault_count},
          {"refusal_count", r.refusal_count},
          {"faults", std::move(faults)},
          {"bins", r.bins},
          {"cells", r.cells},
          {"used_bytes", r.used_bytes},
          {"free_bytes", r.free_bytes},
          {"keys", r.keys},
          {"values", r.values},
          {"big_values", r.big_values},
          {"security_cells", r.security_cells},
          {"orphan_bytes", r.orphan_bytes},
          {"sha256", check.sha256}};
}

Json undo_file_json(const UndoFileReport& undo) {
  return {{"path", undo.path},
          {"size", undo.size},
          {"made", iso_time(undo.made)},
          {"tool", text_or_null(undo.tool)},
          {"installations", undo.installations},
          {"values", undo.values},
          {"files", undo.files},
          {"state", to_string(undo.state)},
          {"error", error_json(undo.error)}};
}

Json target_json(Command command, const TargetReport& target) {
  Json::Array volumes;
  for (const VolumeReport& v : target.volumes) volumes.push_back(volume_json(v));
  Json::Array installations;
  for (const InstallationReport& i : target.installations) {
    installations.push_back(installation_json(i));
  }
  Json out = {{"path", target.path},
              {"format", text_or_null(target.format)},
              {"status", to_string(target.status)},
              {"volumes", std::move(volumes)},
              {"installations", std::move(installations)},
              {"notes", target.notes}};
  if (!target.details.empty()) out.add("details", target.details);
  if (target.hive_checks) {
    Json::Array checks;
    for (const HiveCheckReport& c : *target.hive_checks) checks.push_back(hive_check_json(c));
    out.add("hive_checks", std::move(checks));
  }
  if (command == Command::patch && !target.undo_files.empty()) {
    out.add("undo", target.undo_files.front().path);
  }
  if (!target.undo_files.empty()) {
    Json::Array files;
    for (const UndoFileReport& file : target.undo_files) files.push_back(undo_file_json(file));
    out.add("undo_files", std::move(files));
  }
  if (target.restore) {
    Json::Array files;
    for (const RestoreReport::File& f : target.restore->files) {
      files.push_back({{"path", f.path}, {"changed", f.changed}});
    }
    out.add("restored", std::move(files));
    out.add("rolled_back", target.restore->journals);
    out.add("removed", target.restore->removed);
    Json::Array failures;
    for (const RestoreReport::Failure& f : target.restore->failures) {
      failures.push_back({{"path", f.path}, {"error", error_json(f.error)}});
    }
    out.add("not_restored", std::move(failures));
    if (target.restore->no_undo_file) out.add("no_undo_file", true);
    if (target.restore->dry_run) out.add("dry_run", true);
  }
  if (target.backup) {
    out.add("backup", {{"machine", target.backup->machine}, {"time", target.backup->time}});
  }
  if (target.interrupted) out.add("interrupted", to_string(*target.interrupted));
  out.add("error", error_json(target.error));
  return out;
}

Json summary_json(const Summary& s) {
  Json out = {{"targets", s.targets},
              {"installations", s.installations},
              {"pass", s.pass},
              {"fail", s.fail},
              {"warn", s.warn},
              {"not_applicable", s.not_applicable},
              {"undetermined", s.undetermined},
              {"waived", s.waived},
              {"errors", s.errors},
              {"passed_over", s.passed_over}};
  if (s.not_begun > 0) out.add("not_begun", s.not_begun);
  return out;
}

Json waivers_json(const std::vector<WaiverReport>& waivers) {
  Json::Array out;
  for (const WaiverReport& w : waivers) {
    out.push_back({{"check", w.waiver.check},
                   {"target", w.waiver.target},
                   {"reason", w.waiver.reason},
                   {"until", w.waiver.until},
                   {"expired", w.expired},
                   {"rows", w.rows}});
  }
  return out;
}

/// Says which configuration was in effect, where there was one.
void add_config(const Head& head, Json& document) {
  if (head.config.empty()) return;
  document.add("config", {{"path", head.config}, {"sha256", head.config_sha256}});
}

/// Bytes that are not UTF-8 (a host's file names can hold any) become U+FFFD: a report is always
/// valid JSON. It is as safe on a terminal as text is.
std::string dump(const Json& value, int indent) { return escaped_in_json(value.write(indent)); }

Json head_json(Command command, const Head& head) {
  Json json = {{"schema", report_schema},
               {"tool", {{"name", "goldhive"}, {"version", head.tool_version}}},
               {"command", to_string(command)},
               {"policy", text_or_null(head.policy)},
               {"policy_sha256", text_or_null(head.policy_sha256)}};
  add_config(head, json);
  return json;
}

Json end_json(const Report& report) {
  Json end = {{"status", to_string(report.status)},
              {"waivers", waivers_json(report.waivers)},
              {"summary", summary_json(report.summary)}};
  if (report.interrupted) end.add("interrupted", true);
  return end;
}

/// `text`, all lines of which but the first stand further in.
std::string further_in(const std::string& text, std::string_view indent) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += indent;
  }
  return out;
}

/// A document with a long list, written piece by piece: as one tree that of a fleet would take
/// gigabytes.
class LongDocument {
 public:
  explicit LongDocument(std::ostream& out) : out_(out) {}

  /// The members before the list, and its name.
  void begin(const Json& head, std::string_view list) {
    std::string text = dump(head, 2);
    text.resize(text.rfind('\n'));  // of "\n}"
    out_ << text << ",\n  \"" << list << "\": [";
  }
  void item(const Json& item) {
    out_ << (empty_ ? "\n    " : ",\n    ") << further_in(dump(item, 2), "    ");
    empty_ = false;
  }
  /// The members after the list.
  void end(const Json& end) {
    out_ << (empty_ ? "]," : "\n  ],") << dump(end, 2).substr(1) << '\n';
  }

 private:
  std::ostream& out_;
  bool empty_ = true;
};

class JsonDocument final : public TargetWriter {
 public:
  JsonDocument(Command command, const Head& head, std::ostream& out)
      : command_(command), head_(head_json(command, head)), document_(out) {}

  void target(const TargetReport& target) override {
    begin();
    document_.item(target_json(command_, target));
  }
  void finish(const Report& report) override {
    begin();
    document_.end(end_json(report));
  }

 private:
  /// Not before there is something to say: a command that is refused prints nothing.
  void begin() {
    if (!begun_) document_.begin(head_, "targets");
    begun_ = true;
  }

  Command command_;
  Json head_;
  LongDocument document_;
  bool begun_ = false;
};

/// The first line says what the report is, the last one that it is whole; between them there is one
/// a target.
class JsonLines final : public TargetWriter {
 public:
  JsonLines(Command command, const Head& head, std::ostream& out) : command_(command), out_(out) {
    line(head_json(command, head));
  }
  void target(const TargetReport& target) override { line(target_json(command_, target)); }
  void finish(const Report& report) override { line(end_json(report)); }

 private:
  void line(const Json& json) { out_ << dump(json, -1) << '\n'; }

  Command command_;
  std::ostream& out_;
};

}  // namespace

Writer json_writer(Command command, const WriteOptions& options, std::ostream& out) {
  return std::make_unique<JsonDocument>(command, options.head, out);
}

Writer jsonl_writer(Command command, const WriteOptions& options, std::ostream& out) {
  return std::make_unique<JsonLines>(command, options.head, out);
}

namespace {

/// Of comparisons.
constexpr int comparison_schema = 1;

Json side_json(const ComparedReport& side) {
  return {{"file", side.file},
          {"tool_version", side.head.tool_version},
          {"policy", text_or_null(side.head.policy)},
          {"policy_sha256", text_or_null(side.head.policy_sha256)}};
}

Json said_json(const std::optional<policy::Finding>& f) {
  if (!f) return nullptr;
  return {{"verdict", policy::to_string(f->verdict)},
          {"severity", policy::to_string(f->severity)},
          {"actual", f->actual},
          {"message", f->message},
          {"possibly_stale", f->possibly_stale},
          {"waived", f->waived},
          {"waiver_reason", text_or_null(f->waiver_reason)}};
}

Json row_change_json(const Comparison& comparison, const RowChange& row) {
  const policy::Finding f = comparison.shown(row);
  return {{"id", f.id},
          {"view", f.view ? Json(windows::to_string(*f.view)) : Json(nullptr)},
          {"control_set",
           f.control_set ? Json(windows::control_set_name(*f.control_set)) : Json(nullptr)},
          {"subject", text_or_null(f.subject)},
          {"change", to_string(row.change)},
          {"before", said_json(comparison.before_of(row))},
          {"after", said_json(comparison.after_of(row))}};
}

Json installation_change_json(const Comparison& comparison, const InstallationChange& change) {
  Json::Array rows;
  for (const RowChange& row : change.rows) rows.push_back(row_change_json(comparison, row));
  return {{"id", text_or_null(change.id)},
          {"target", change.target},
          {"change", to_string(change.change)},
          {"error", text_or_null(change.error)},
          {"rows", std::move(rows)}};
}

Json counts_json(const std::array<std::uint64_t, change_count>& counts) {
  Json out = {{to_string(Change{}), counts.front()}};
  for (std::size_t i = 1; i < counts.size(); ++i) {
    out.add(to_string(static_cast<Change>(i)), counts.at(i));
  }
  return out;
}

Json comparison_head_json(const Comparison& comparison, const Head& head) {
  Json out = {{"schema", comparison_schema},
              {"tool", {{"name", "goldhive"}, {"version", head.tool_version}}},
              {"command", to_string(Command::compare)},
              {"reports_of", to_string(comparison.command)},
              {"old", side_json(comparison.before)},
              {"new", side_json(comparison.after)},
              {"remarks", comparison.remarks()},
              {"status", to_string(comparison.status)}};
  add_config(head, out);
  return out;
}

Json comparison_summary_json(const Comparison::Counts& counts) {
  return {{"rows", counts_json(counts.rows)},
          {"installations", counts_json(counts.installations)},
          {"new_failing", counts.new_failing},
          {"new_undetermined", counts.new_undetermined},
          {"read_in_neither", counts.read_in_neither}};
}

}  // namespace

void write_json_comparison(const Comparison& comparison, const WriteOptions& options,
                           std::ostream& out) {
  LongDocument document(out);
  document.begin(comparison_head_json(comparison, options.head), "installations");
  for (const InstallationChange& change : comparison.installations) {
    document.item(installation_change_json(comparison, change));
  }
  document.end({{"summary", comparison_summary_json(comparison.counts)}});
}

void write_jsonl_comparison(const Comparison& comparison, const WriteOptions& options,
                            std::ostream& out) {
  out << dump(comparison_head_json(comparison, options.head), -1) << '\n';
  for (const InstallationChange& change : comparison.installations) {
    out << dump(installation_change_json(comparison, change), -1) << '\n';
  }
  out << dump({{"status", to_string(comparison.status)},
               {"summary", comparison_summary_json(comparison.counts)}},
              -1)
      << '\n';
}

}  // namespace goldhive::report
