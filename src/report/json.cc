// The report as JSON, and its target objects as JSON lines. Field names, order and meaning are the
// contract of docs/report.md and docs/report.schema.json. Every field is always there, and null if
// it has no value.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "src/report/printable.h"
#include "src/report/value_text.h"
#include "src/report/writers.h"

namespace goldhive::report {
namespace {

using json = nlohmann::ordered_json;

constexpr int schema_version = 1;

template <typename T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

json text_or_null(const std::string& text) { return text.empty() ? json(nullptr) : json(text); }

json number_or_null(std::uint64_t number) { return number == 0 ? json(nullptr) : json(number); }

json error_json(const std::optional<Error>& error) {
  if (!error) return nullptr;
  return {{"kind", to_string(error->kind())},
          {"message", error->message()},
          {"where", text_or_null(error->where())},
          {"offset", or_null(error->offset())},
          {"expected", text_or_null(error->expected())},
          {"actual", text_or_null(error->actual())}};
}

json os_json(const windows::OsFacts& os) {
  return {{"product", text_or_null(os.product)},
          {"version", text_or_null(os.version)},
          {"build", number_or_null(os.build)},
          {"service_pack", or_null(os.service_pack)},
          {"edition", text_or_null(os.edition)},
          {"installation_type", text_or_null(os.installation_type)},
          {"architecture", windows::to_string(os.architecture)},
          {"family", windows::to_string(os.family)},
          {"build_lab", text_or_null(os.build_lab)},
          {"notes", os.notes},
          {"conflicts", os.conflicts}};
}

json control_sets_json(const windows::ControlSetFacts& sets) {
  return {{"current", or_null(sets.current)}, {"default", or_null(sets.default_)},
          {"failed", or_null(sets.failed)},   {"last_known_good", or_null(sets.last_known_good)},
          {"present", sets.present},          {"boots", or_null(sets.boots)},
          {"note", text_or_null(sets.note)},  {"error", text_or_null(sets.error)}};
}

json log_json(const hive::LogAccount& log) {
  json entries = json::array();
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

json hive_json(const windows::HiveFact& hive) {
  json logs = json::array();
  for (const hive::LogAccount& log : hive.logs) logs.push_back(log_json(log));
  const bool there = !hive.missing;
  return {{"name", windows::to_string(hive.name)},
          {"path", text_or_null(hive.path)},
          {"size", there ? json(hive.size) : json(nullptr)},
          {"state", there ? hive::to_string(hive.state) : "missing"},
          {"sequence", there ? json{hive.sequence1, hive.sequence2} : json(nullptr)},
          {"last_written", or_null(iso_time(hive.last_written))},
          {"sha256", or_null(hive.sha256)},
          {"reason", text_or_null(hive.reason)},
          {"logs", std::move(logs)},
          {"error", error_json(hive.error)}};
}

json volume_state_json(const VolumeState& state) {
  return {{"encrypted", state.encrypted},     {"dirty", state.dirty},
          {"unclean_log", state.unclean_log}, {"fast_startup", state.fast_startup},
          {"hibernated", state.hibernated},   {"detail", text_or_null(state.detail)}};
}

json finding_json(const policy::Finding& f) {
  return {{"id", f.id},
          {"view", f.view ? json(windows::to_string(*f.view)) : json(nullptr)},
          {"control_set",
           f.control_set ? json(fmt::format("ControlSet{:03}", *f.control_set)) : json(nullptr)},
          {"subject", text_or_null(f.subject)},
          {"verdict", policy::to_string(f.verdict)},
          {"severity", policy::to_string(f.severity)},
          {"key", text_or_null(f.key)},
          {"value", text_or_null(f.value)},
          {"actual", or_null(f.actual)},
          {"actual_type", or_null(f.actual_type)},
          {"expected", or_null(f.expected)},
          {"key_last_written",
           f.key_last_written ? or_null(iso_time(*f.key_last_written)) : json(nullptr)},
          {"message", f.message},
          {"fixable", f.fixable()},
          {"possibly_stale", f.possibly_stale},
          {"waived", f.waived},
          {"waiver_reason", text_or_null(f.waiver_reason)},
          {"evidence", f.evidence}};
}

json data_json(const std::optional<policy::Edit::Data>& data) {
  if (!data) return nullptr;
  return {{"type", hive::to_string(data->type)}, {"data", data_text(*data)}};
}

json change_json(const policy::Edit& edit) {
  return {{"hive", windows::to_string(edit.hive)},
          {"key", full_key(edit)},
          {"value", edit.value},
          {"before", data_json(edit.before)},
          {"after", data_json(edit.after)}};
}

json installation_json(const InstallationReport& report) {
  const windows::Installation& facts = report.facts;
  json hives = json::array();
  for (const windows::HiveFact& h : facts.hives) hives.push_back(hive_json(h));
  json findings = json::array();
  for (const policy::Finding& f : report.findings) findings.push_back(finding_json(f));
  json out = {{"id", facts.id},
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
    json changes = json::array();
    for (const policy::Edit& e : *report.changes) changes.push_back(change_json(e));
    out["changes"] = std::move(changes);
  }
  if (report.changed) out["changed"] = *report.changed;
  if (report.planned_in_vain()) out["refusal"] = error_json(report.refusal);
  out["status"] = to_string(report.status);
  return out;
}

json volume_json(const VolumeReport& volume) {
  json out = {{"id", volume.id},
              {"label", text_or_null(volume.label)},
              {"file_system", text_or_null(volume.file_system)},
              {"size", number_or_null(volume.size)},
              {"passed_over", text_or_null(volume.passed_over)}};
  if (!volume.description.empty()) out["description"] = volume.description;
  return out;
}

json fault_json(const hive::Fault& fault) {
  return {{"code", hive::to_string(fault.code)},
          {"harm", hive::to_string(fault.harm)},
          {"offset", fault.offset},
          {"key", text_or_null(fault.key)},
          {"message", fault.message},
          {"expected", text_or_null(fault.expected)},
          {"actual", text_or_null(fault.actual)}};
}

json hive_check_json(const HiveCheckReport& check) {
  const hive::CheckResult& r = check.result;
  json faults = json::array();
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
          {"orphan_bytes", r.orphan_bytes}};
}

json target_json(const TargetReport& target) {
  json volumes = json::array();
  for (const VolumeReport& v : target.volumes) volumes.push_back(volume_json(v));
  json installations = json::array();
  for (const InstallationReport& i : target.installations) {
    installations.push_back(installation_json(i));
  }
  json out = {{"path", target.path},
              {"format", text_or_null(target.format)},
              {"status", to_string(target.status)},
              {"volumes", std::move(volumes)},
              {"installations", std::move(installations)},
              {"notes", target.notes}};
  if (target.hive_checks) {
    json checks = json::array();
    for (const HiveCheckReport& c : *target.hive_checks) checks.push_back(hive_check_json(c));
    out["hive_checks"] = std::move(checks);
  }
  if (target.undo) out["undo"] = *target.undo;
  if (target.restore) {
    json files = json::array();
    for (const RestoreReport::File& f : target.restore->files) {
      files.push_back({{"path", f.path}, {"changed", f.changed}});
    }
    out["restored"] = std::move(files);
    out["rolled_back"] = target.restore->journals;
    out["removed"] = target.restore->removed;
    json failures = json::array();
    for (const RestoreReport::Failure& f : target.restore->failures) {
      failures.push_back({{"path", f.path}, {"error", error_json(f.error)}});
    }
    out["not_restored"] = std::move(failures);
  }
  if (target.backup) {
    out["backup"] = {{"machine", target.backup->machine}, {"time", target.backup->time}};
  }
  if (target.interrupted) out["interrupted"] = to_string(*target.interrupted);
  out["error"] = error_json(target.error);
  return out;
}

json summary_json(const Summary& s) {
  json out = {{"targets", s.targets},
              {"installations", s.installations},
              {"pass", s.pass},
              {"fail", s.fail},
              {"warn", s.warn},
              {"not_applicable", s.not_applicable},
              {"undetermined", s.undetermined},
              {"waived", s.waived},
              {"errors", s.errors},
              {"passed_over", s.passed_over}};
  if (s.not_begun > 0) out["not_begun"] = s.not_begun;
  return out;
}

/// Bytes that are not UTF-8 (a host's file names can hold any) become U+FFFD, so a report is always
/// valid JSON. Like the text output, it escapes what a terminal would obey.
std::string dump(const json& value, int indent) {
  return escaped_in_json(value.dump(indent, ' ', false, json::error_handler_t::replace));
}

}  // namespace

void write_json(const Report& report, const WriteOptions&, std::ostream& out) {
  json targets = json::array();
  for (const TargetReport& t : report.targets) targets.push_back(target_json(t));
  json document = {{"schema", schema_version},
                   {"tool", {{"name", "goldhive"}, {"version", report.tool_version}}},
                   {"command", to_string(report.command)},
                   {"policy", text_or_null(report.policy)},
                   {"status", to_string(report.status)},
                   {"targets", std::move(targets)},
                   {"summary", summary_json(report.summary)}};
  if (report.interrupted) document["interrupted"] = true;
  out << dump(document, 2) << '\n';
}

namespace {

class JsonLines final : public TargetWriter {
 public:
  explicit JsonLines(std::ostream& out) : out_(out) {}
  void target(const TargetReport& target) override {
    out_ << dump(target_json(target), -1) << '\n';
  }
  void finish(const Report&) override {}

 private:
  std::ostream& out_;
};

}  // namespace

std::unique_ptr<TargetWriter> jsonl_writer(Command, const WriteOptions&, std::ostream& out) {
  return std::make_unique<JsonLines>(out);
}

void write_jsonl(const Report& report, const WriteOptions&, std::ostream& out) {
  JsonLines writer(out);
  write_all(writer, report);
}

}  // namespace goldhive::report
