#include "src/report/read_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <iterator>

#include "imgtools/bytes/text.h"
#include "src/report/value_text.h"

namespace goldhive::report {
namespace {

constexpr std::array statuses = {Status::not_applicable, Status::compliant, Status::findings,
                                 Status::undetermined, Status::error};
constexpr std::array verdicts = {policy::Verdict::pass, policy::Verdict::fail,
                                 policy::Verdict::warn, policy::Verdict::not_applicable,
                                 policy::Verdict::undetermined};
constexpr std::array severities = {policy::Severity::info, policy::Severity::low,
                                   policy::Severity::medium, policy::Severity::high,
                                   policy::Severity::critical};
constexpr std::array architectures = {windows::Architecture::unknown, windows::Architecture::x86,
                                      windows::Architecture::amd64,   windows::Architecture::ia64,
                                      windows::Architecture::arm,     windows::Architecture::arm64};
constexpr std::array families = {windows::Family::unknown,      windows::Family::nt_4,
                                 windows::Family::windows_2000, windows::Family::xp,
                                 windows::Family::vista,        windows::Family::windows_7,
                                 windows::Family::windows_8,    windows::Family::windows_8_1,
                                 windows::Family::windows_10,   windows::Family::winpe};
constexpr std::array hive_names = {windows::HiveName::software, windows::HiveName::system};
constexpr std::array hive_states = {hive::HiveState::clean, hive::HiveState::recovered,
                                    hive::HiveState::dirty, hive::HiveState::damaged};
constexpr std::array error_kinds = {ErrorKind::not_found,   ErrorKind::corrupt,
                                    ErrorKind::unsupported, ErrorKind::io,
                                    ErrorKind::refused,     ErrorKind::usage};
constexpr std::array undo_states = {UndoState::not_compared, UndoState::fits,
                                    UndoState::in_turn,      UndoState::done,
                                    UndoState::no_match,     UndoState::unknown};
constexpr std::array interruptions = {Interruption::not_begun, Interruption::cut_short};

std::optional<Error> read_error(const JsonPlace& place) {
  if (place.is_null()) return std::nullopt;
  const ErrorKind kind = place["kind"].named(error_kinds);
  const std::string where = place["where"].text_or_empty();
  const std::string message = place["message"].text();
  if (place["offset"].is_null()) return Error(kind, message, where);
  if (kind != ErrorKind::corrupt) place["offset"].refuse("only broken bytes have one");
  return Error::corrupt(where, place["offset"].number(), message, place["expected"].text_or_empty(),
                        place["actual"].text_or_empty());
}

/// "2016-07-08T10:11:12Z"
hive::FileTime read_time(const JsonPlace& place) {
  const std::string text = place.text();
  std::array<unsigned, 6> parts{};
  constexpr std::array<std::size_t, 6> starts = {0, 5, 8, 11, 14, 17};
  bool right = text.size() == 20 && text[4] == '-' && text[7] == '-' && text[10] == 'T' &&
               text[13] == ':' && text[16] == ':' && text[19] == 'Z';
  for (std::size_t i = 0; right && i < parts.size(); ++i) {
    const char* from = text.data() + starts.at(i);
    const char* to = from + (i == 0 ? 4 : 2);
    right = std::from_chars(from, to, parts.at(i)).ptr == to;
  }
  using namespace std::chrono;
  const year_month_day day{year(static_cast<int>(parts[0])), month(parts[1]),
                           std::chrono::day(parts[2])};
  if (!right || !day.ok() || parts[0] < 1601 || parts[3] > 23 || parts[4] > 59 || parts[5] > 59) {
    place.refuse("must be a time like 2016-07-08T10:11:12Z");
  }
  constexpr std::uint64_t ticks_per_second = 10'000'000;
  const sys_days epoch{year(1601) / January / 1};
  const seconds since =
      sys_days(day) - epoch + hours(parts[3]) + minutes(parts[4]) + seconds(parts[5]);
  return static_cast<std::uint64_t>(since.count()) * ticks_per_second;
}

windows::OsFacts read_os(const JsonPlace& place) {
  windows::OsFacts os;
  os.product = place["product"].text_or_empty();
  os.version = place["version"].text_or_empty();
  os.build = place["build"].small_number_or_zero();
  os.service_pack = place["service_pack"].optional_number();
  os.edition = place["edition"].text_or_empty();
  os.installation_type = place["installation_type"].text_or_empty();
  os.architecture = place["architecture"].named(architectures);
  os.family = place["family"].named(families);
  os.build_lab = place["build_lab"].text_or_empty();
  os.notes = place["notes"].texts();
  os.conflicts = place["conflicts"].texts();
  return os;
}

windows::ControlSetFacts read_control_sets(const JsonPlace& place) {
  windows::ControlSetFacts sets;
  sets.current = place["current"].optional_number();
  sets.default_ = place["default"].optional_number();
  sets.failed = place["failed"].optional_number();
  sets.last_known_good = place["last_known_good"].optional_number();
  for (const JsonPlace& set : place["present"].items()) {
    sets.present.push_back(set.small_number_or_zero());
  }
  sets.boots = place["boots"].optional_number();
  sets.note = place["note"].text_or_empty();
  sets.error = place["error"].text_or_empty();
  return sets;
}

hive::LogAccount read_log(const JsonPlace& place) {
  hive::LogAccount log;
  log.name = place["name"].text();
  log.format = place["format"].text_or_empty();
  log.sequence = place["sequence"].small_number_or_zero();
  log.used = place["used"].truth();
  log.reason = place["reason"].text_or_empty();
  for (const JsonPlace& each : place["entries"].items()) {
    log.entries.push_back({each["offset"].number(), each["sequence"].small_number_or_zero(),
                           each["pages"].small_number_or_zero(), each["applied"].truth(),
                           each["reason"].text_or_empty()});
  }
  return log;
}

windows::HiveFact read_hive(const JsonPlace& place) {
  windows::HiveFact hive;
  hive.name = place["name"].named(hive_names);
  hive.missing = place["state"].text() == "missing";
  hive.path = place["path"].text_or_empty();
  if (!hive.missing) {
    hive.state = place["state"].named(hive_states);
    hive.size = place["size"].number();
    const std::vector<JsonPlace> sequence = place["sequence"].items();
    if (sequence.size() != 2) place["sequence"].refuse("must be two numbers");
    hive.sequence1 = sequence[0].small_number_or_zero();
    hive.sequence2 = sequence[1].small_number_or_zero();
  }
  if (!place["last_written"].is_null()) hive.last_written = read_time(place["last_written"]);
  hive.sha256 = place["sha256"].optional_text();
  hive.reason = place["reason"].text_or_empty();
  for (const JsonPlace& log : place["logs"].items()) hive.logs.push_back(read_log(log));
  hive.error = read_error(place["error"]);
  return hive;
}

VolumeState read_volume_state(const JsonPlace& place) {
  VolumeState state;
  state.encrypted = place["encrypted"].truth();
  state.dirty = place["dirty"].truth();
  state.unclean_log = place["unclean_log"].truth();
  state.fast_startup = place["fast_startup"].truth();
  state.hibernated = place["hibernated"].truth();
  state.detail = place["detail"].text_or_empty();
  return state;
}

std::uint32_t read_control_set(const JsonPlace& place) {
  const std::string name = place.text();
  const std::optional<std::uint32_t> number = windows::control_set_number(name);
  if (!number) place.refuse(fmt::format("'{}' is not the name of a control set", name));
  return *number;
}

/// A check is named as it stands, on terminals and in commands.
std::string read_check_id(const JsonPlace& place) {
  std::string id = place.text();
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  };
  if (id.empty() || !std::all_of(id.begin(), id.end(), is_plain)) {
    place.refuse("must be the name of a check");
  }
  return id;
}

policy::Finding read_finding(const JsonPlace& place, const windows::ControlSetFacts& sets) {
  policy::Finding f;
  f.id = read_check_id(place["id"]);
  if (!place["view"].is_null()) f.view = place["view"].named(windows::all_views);
  if (!place["control_set"].is_null()) f.control_set = read_control_set(place["control_set"]);
  f.subject = place["subject"].text_or_empty();
  f.verdict = place["verdict"].named(verdicts);
  f.severity = place["severity"].named(severities);
  f.key = place["key"].text_or_empty();
  f.value = place["value"].text_or_empty();
  f.actual = place["actual"].optional_text();
  f.actual_type = place["actual_type"].optional_text();
  f.expected = place["expected"].optional_text();
  if (!place["key_last_written"].is_null()) {
    f.key_last_written = read_time(place["key_last_written"]);
  }
  f.message = place["message"].text();
  // That there are edits is in a report; which they are, only of those that a plan or a patch took
  // up (give_edits).
  if (place["fixable"].truth()) f.edits.resize(1);
  f.possibly_stale = place["possibly_stale"].truth();
  f.waived = place["waived"].truth();
  f.waiver_reason = place["waiver_reason"].text_or_empty();
  f.evidence = place["evidence"].texts();
  f.only_informs =
      f.control_set && f.control_set != sets.boots && f.severity == policy::Severity::info;
  return f;
}

Bytes number_bytes(std::uint64_t number, std::size_t size) {
  Bytes bytes;
  for (std::size_t i = 0; i < size; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
  }
  return bytes;
}

/// What data_text() has written.
std::optional<policy::Edit::Data> read_data(const JsonPlace& place) {
  if (place.is_null()) return std::nullopt;
  const auto type = hive::value_type_of(place["type"].text());
  if (!type) place["type"].refuse("is not a type of value");
  const std::string text = place["data"].text();
  policy::Edit::Data data{*type, {}};
  const bool is_number = *type == hive::ValueType::dword || *type == hive::ValueType::qword;
  if (is_number && text.starts_with("0x")) {
    const std::size_t size = *type == hive::ValueType::dword ? 4 : 8;
    const auto number = hex_number(std::string_view(text).substr(2));
    if (!number || (size == 4 && *number > UINT32_MAX)) {
      place["data"].refuse("is not a number of that type");
    }
    data.data = number_bytes(*number, size);
  } else if (text.starts_with("hex:")) {
    const auto bytes = bytes_of_hex_list(std::string_view(text).substr(4));
    if (!bytes) place["data"].refuse("must be pairs of hexadecimal digits");
    data.data = *bytes;
  } else {
    for (const char16_t unit : to_utf16(text) + u'\0') {
      const Bytes two = number_bytes(unit, 2);
      data.data.insert(data.data.end(), two.begin(), two.end());
    }
  }
  return data;
}

policy::Edit read_change(const JsonPlace& place) {
  policy::Edit edit;
  edit.hive = place["hive"].named(hive_names);
  const std::string before = fmt::format("HKLM\\{}\\", windows::to_string(edit.hive));
  const std::string key = place["key"].text();
  if (!key.starts_with(before)) place["key"].refuse("is not in the hive that is named");
  edit.key = key.substr(before.size());
  edit.value = place["value"].text();
  edit.before = read_data(place["before"]);
  edit.after = read_data(place["after"]);
  return edit;
}

/// Each row the changes in its key, so that it is known which rows they settle.
void give_edits(InstallationReport& report) {
  for (policy::Finding& f : report.findings) {
    if (!f.fixable()) continue;
    std::vector<policy::Edit> edits;
    std::copy_if(report.changes->begin(), report.changes->end(), std::back_inserter(edits),
                 [&f](const policy::Edit& edit) { return nt_equal(full_key(edit), f.key); });
    if (!edits.empty()) f.edits = std::move(edits);
  }
}

InstallationReport read_installation(const JsonPlace& place, const std::string& target) {
  InstallationReport report;
  windows::Installation& facts = report.facts;
  facts.target = target;
  facts.id = place["id"].text();
  facts.root = place["root"].text();
  facts.windows_directory = place["windows_directory"].text_or_empty();
  facts.loose = place["loose"].truth();
  facts.regback = place["regback"].truth();
  facts.winpe = place["winpe"].truth();
  facts.os = read_os(place["os"]);
  facts.control_sets = read_control_sets(place["control_sets"]);
  facts.volume = read_volume_state(place["volume"]);
  for (const JsonPlace& hive : place["hives"].items()) facts.hives.push_back(read_hive(hive));
  facts.warnings = place["warnings"].texts();
  for (const JsonPlace& row : place["findings"].items()) {
    report.findings.push_back(read_finding(row, facts.control_sets));
  }
  if (!place["changes"].is_null()) {
    report.changes.emplace();
    for (const JsonPlace& change : place["changes"].items()) {
      report.changes->push_back(read_change(change));
    }
    give_edits(report);
  }
  if (!place["changed"].is_null()) report.changed = place["changed"].truth();
  report.refusal = read_error(place["refusal"]);
  return report;
}

VolumeReport read_volume(const JsonPlace& place, const std::string& target) {
  VolumeReport volume;
  volume.id = place["id"].text();
  volume.name = target + volume.id;
  volume.label = place["label"].text_or_empty();
  volume.file_system = place["file_system"].text_or_empty();
  volume.size = place["size"].number_or_zero();
  volume.passed_over = place["passed_over"].text_or_empty();
  volume.description = place["description"].text_or_empty();
  return volume;
}

UndoFileReport read_undo_file(const JsonPlace& place) {
  UndoFileReport undo;
  undo.path = place["path"].text();
  undo.size = place["size"].number();
  if (!place["made"].is_null()) undo.made = read_time(place["made"]);
  undo.tool = place["tool"].text_or_empty();
  undo.installations = place["installations"].texts();
  undo.values = place["values"].number();
  undo.files = place["files"].texts();
  undo.state = place["state"].named(undo_states);
  undo.error = read_error(place["error"]);
  return undo;
}

/// What a report says of a status must follow from its rows, or somebody has changed one of them.
void require_status(const JsonPlace& place, Status settled) {
  const Status stated = place.named(statuses);
  if (stated != settled) {
    place.refuse(fmt::format("is '{}', and by what stands below it would be '{}'",
                             to_string(stated), to_string(settled)));
  }
}

}  // namespace

TargetReport read_target(const JsonPlace& place) {
  TargetReport target;
  target.path = place["path"].text();
  target.format = place["format"].text_or_empty();
  for (const JsonPlace& volume : place["volumes"].items()) {
    target.volumes.push_back(read_volume(volume, target.path));
  }
  const std::vector<JsonPlace> installations = place["installations"].items();
  for (const JsonPlace& each : installations) {
    target.installations.push_back(read_installation(each, target.path));
    // What the changes of a plan settle stands in no row: the status alone tells.
    target.installations.back().planned = each["status"].named(statuses);
  }
  target.notes = place["notes"].texts();
  if (const JsonPlace details = place["details"]; !details.is_null()) {
    target.details = details.texts();
  }
  if (const JsonPlace files = place["undo_files"]; !files.is_null()) {
    for (const JsonPlace& file : files.items()) target.undo_files.push_back(read_undo_file(file));
  } else if (const auto undo = place["undo"].optional_text()) {
    target.undo_files.emplace_back().path = *undo;  // of a patch before 0.2.0, which said no more
  }
  if (const JsonPlace backup = place["backup"]; !backup.is_null()) {
    target.backup = BackupReport{backup["machine"].text(), backup["time"].text()};
  }
  if (!place["interrupted"].is_null()) {
    target.interrupted = place["interrupted"].named(interruptions);
  }
  target.error = read_error(place["error"]);
  settle(target);
  for (std::size_t i = 0; i < installations.size(); ++i) {
    require_status(installations[i]["status"], target.installations[i].status);
  }
  require_status(place["status"], target.status);
  return target;
}

}  // namespace goldhive::report
