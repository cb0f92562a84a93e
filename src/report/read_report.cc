// A report is either one JSON document over many lines, or JSONL: a first line that says what the
// report is, a line a target, and a last line that says that it is whole. The first line tells
// which: by itself it is JSON in JSONL only. What 0.1.0 wrote as JSONL has neither first nor last
// line and cannot be told from a part of something else, so it is refused.
#include "src/report/read_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "imgtools/bytes/json.h"
#include "imgtools/bytes/text.h"
#include "src/report/value_text.h"

namespace goldhive::report {
namespace {

constexpr std::uint64_t oldest_document = 1;
constexpr std::size_t longest_line = 64U << 20;
constexpr std::size_t longest_document = 512U << 20;

/// A value of the report, and where it stands.
class Place {
 public:
  Place(const Json& json, std::string name, const std::string& file)
      : json_(&json), name_(std::move(name)), file_(&file) {}

  [[noreturn]] void refuse(const std::string& reason) const {
    const bool ready = name_.empty() || name_.ends_with(": ");
    throw Error(ErrorKind::corrupt, name_ + (ready ? "" : ": ") + reason, *file_);
  }

  /// The member; of one that is missing, null.
  Place operator[](std::string_view member) const {
    static const Json null;
    if (json_->object() == nullptr) refuse("must be an object");
    const Json* found = json_->find(member);
    return {found == nullptr ? null : *found,
            fmt::format("{}{}{}", name_, name_.empty() || name_.ends_with(": ") ? "" : ".", member),
            *file_};
  }
  bool is_null() const { return json_->is_null(); }

  std::string text() const {
    if (json_->text() == nullptr) refuse("must be a string");
    return *json_->text();
  }
  std::string text_or_empty() const { return is_null() ? "" : text(); }
  std::optional<std::string> optional_text() const {
    return is_null() ? std::nullopt : std::optional(text());
  }
  bool truth() const {
    const std::optional<bool> value = json_->truth();
    if (!value) refuse("must be true or false");
    return *value;
  }
  bool truth_or_false() const { return !is_null() && truth(); }
  std::uint64_t number(std::uint64_t most = UINT64_MAX) const {
    const std::optional<std::uint64_t> value = json_->number();
    if (!value || *value > most) refuse(fmt::format("must be a whole number up to {}", most));
    return *value;
  }
  std::uint64_t number_or_zero() const { return is_null() ? 0 : number(); }
  std::uint32_t small_number_or_zero() const {
    return is_null() ? 0 : static_cast<std::uint32_t>(number(UINT32_MAX));
  }
  std::optional<std::uint32_t> optional_number() const {
    return is_null() ? std::nullopt : std::optional(small_number_or_zero());
  }
  std::vector<Place> items() const {
    if (json_->array() == nullptr) refuse("must be a list");
    std::vector<Place> places;
    for (const Json& item : *json_->array()) {
      places.emplace_back(item, fmt::format("{}[{}]", name_, places.size()), *file_);
    }
    return places;
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> values;
    for (const Place& item : items()) values.push_back(item.text());
    return values;
  }
  /// One of the values by the name that to_string() gives it.
  template <typename Value, std::size_t count>
  Value named(const std::array<Value, count>& values) const {
    const std::string name = text();
    for (const Value value : values) {
      if (name == to_string(value)) return value;
    }
    refuse(fmt::format("'{}' is not known here", name));
  }

 private:
  const Json* json_;
  std::string name_;
  const std::string* file_;
};

constexpr std::array commands = {Command::scan, Command::list,    Command::plan,  Command::patch,
                                 Command::undo, Command::recover, Command::verify};
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
constexpr std::array interruptions = {Interruption::not_begun, Interruption::cut_short};

std::optional<Error> read_error(const Place& place) {
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
hive::FileTime read_time(const Place& place) {
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

windows::OsFacts read_os(const Place& place) {
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

windows::ControlSetFacts read_control_sets(const Place& place) {
  windows::ControlSetFacts sets;
  sets.current = place["current"].optional_number();
  sets.default_ = place["default"].optional_number();
  sets.failed = place["failed"].optional_number();
  sets.last_known_good = place["last_known_good"].optional_number();
  for (const Place& set : place["present"].items()) {
    sets.present.push_back(set.small_number_or_zero());
  }
  sets.boots = place["boots"].optional_number();
  sets.note = place["note"].text_or_empty();
  sets.error = place["error"].text_or_empty();
  return sets;
}

hive::LogAccount read_log(const Place& place) {
  hive::LogAccount log;
  log.name = place["name"].text();
  log.format = place["format"].text_or_empty();
  log.sequence = place["sequence"].small_number_or_zero();
  log.used = place["used"].truth();
  log.reason = place["reason"].text_or_empty();
  for (const Place& each : place["entries"].items()) {
    log.entries.push_back({each["offset"].number(), each["sequence"].small_number_or_zero(),
                           each["pages"].small_number_or_zero(), each["applied"].truth(),
                           each["reason"].text_or_empty()});
  }
  return log;
}

windows::HiveFact read_hive(const Place& place) {
  windows::HiveFact hive;
  hive.name = place["name"].named(hive_names);
  hive.missing = place["state"].text() == "missing";
  hive.path = place["path"].text_or_empty();
  if (!hive.missing) {
    hive.state = place["state"].named(hive_states);
    hive.size = place["size"].number();
    const std::vector<Place> sequence = place["sequence"].items();
    if (sequence.size() != 2) place["sequence"].refuse("must be two numbers");
    hive.sequence1 = sequence[0].small_number_or_zero();
    hive.sequence2 = sequence[1].small_number_or_zero();
  }
  if (!place["last_written"].is_null()) hive.last_written = read_time(place["last_written"]);
  hive.sha256 = place["sha256"].optional_text();
  hive.reason = place["reason"].text_or_empty();
  for (const Place& log : place["logs"].items()) hive.logs.push_back(read_log(log));
  hive.error = read_error(place["error"]);
  return hive;
}

VolumeState read_volume_state(const Place& place) {
  VolumeState state;
  state.encrypted = place["encrypted"].truth();
  state.dirty = place["dirty"].truth();
  state.unclean_log = place["unclean_log"].truth();
  state.fast_startup = place["fast_startup"].truth();
  state.hibernated = place["hibernated"].truth();
  state.detail = place["detail"].text_or_empty();
  return state;
}

/// "ControlSet001"
std::uint32_t read_control_set(const Place& place) {
  constexpr std::string_view before = "ControlSet";
  const std::string text = place.text();
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const bool named = text.starts_with(before);
  const auto result = std::from_chars(text.data() + (named ? before.size() : 0), end, number);
  if (!named || result.ec != std::errc{} || result.ptr != end) {
    place.refuse(fmt::format("'{}' is not the name of a control set", text));
  }
  return number;
}

policy::Finding read_finding(const Place& place, const windows::ControlSetFacts& sets) {
  policy::Finding f;
  f.id = place["id"].text();
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
  // What the edits are is not in a report; that there are some is.
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
std::optional<policy::Edit::Data> read_data(const Place& place) {
  if (place.is_null()) return std::nullopt;
  const auto type = hive::value_type_of(place["type"].text());
  if (!type) place["type"].refuse("is not a type of value");
  const std::string text = place["data"].text();
  policy::Edit::Data data{*type, {}};
  const bool is_number = *type == hive::ValueType::dword || *type == hive::ValueType::qword;
  if (is_number && text.starts_with("0x")) {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto result = std::from_chars(text.data() + 2, end, number, 16);
    const std::size_t size = *type == hive::ValueType::dword ? 4 : 8;
    if (result.ec != std::errc{} || result.ptr != end || (size == 4 && number > UINT32_MAX)) {
      place["data"].refuse("is not a number of that type");
    }
    data.data = number_bytes(number, size);
  } else if (text.starts_with("hex:")) {
    for (std::size_t at = 4; at < text.size(); at += 3) {
      unsigned byte = 0;
      const char* const from = text.data() + at;
      const char* const end = text.data() + std::min(at + 2, text.size());
      if (std::from_chars(from, end, byte, 16).ptr != from + 2) {
        place["data"].refuse("must be pairs of hexadecimal digits");
      }
      data.data.push_back(static_cast<std::uint8_t>(byte));
    }
  } else {
    for (const char16_t unit : to_utf16(text) + u'\0') {
      const Bytes two = number_bytes(unit, 2);
      data.data.insert(data.data.end(), two.begin(), two.end());
    }
  }
  return data;
}

policy::Edit read_change(const Place& place) {
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

InstallationReport read_installation(const Place& place, const std::string& target) {
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
  for (const Place& hive : place["hives"].items()) facts.hives.push_back(read_hive(hive));
  facts.warnings = place["warnings"].texts();
  for (const Place& row : place["findings"].items()) {
    report.findings.push_back(read_finding(row, facts.control_sets));
  }
  if (!place["changes"].is_null()) {
    report.changes.emplace();
    for (const Place& change : place["changes"].items()) {
      report.changes->push_back(read_change(change));
    }
  }
  if (!place["changed"].is_null()) report.changed = place["changed"].truth();
  report.refusal = read_error(place["refusal"]);
  return report;
}

VolumeReport read_volume(const Place& place, const std::string& target) {
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

/// What a report says of a status must follow from its rows, or somebody has changed one of them.
void require_status(const Place& place, Status settled) {
  const Status stated = place.named(statuses);
  if (stated != settled) {
    place.refuse(fmt::format("is '{}', and by what stands below it would be '{}'",
                             to_string(stated), to_string(settled)));
  }
}

TargetReport read_target(const Place& place) {
  TargetReport target;
  target.path = place["path"].text();
  target.format = place["format"].text_or_empty();
  for (const Place& volume : place["volumes"].items()) {
    target.volumes.push_back(read_volume(volume, target.path));
  }
  const std::vector<Place> installations = place["installations"].items();
  for (const Place& each : installations) {
    target.installations.push_back(read_installation(each, target.path));
    // What the changes of a plan settle stands in no row: the status alone tells.
    target.installations.back().planned = each["status"].named(statuses);
  }
  target.notes = place["notes"].texts();
  target.undo = place["undo"].optional_text();
  if (const Place backup = place["backup"]; !backup.is_null()) {
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

/// The schema, before anything that may have changed with it; then what the report is about.
void read_head(const Place& place, std::uint64_t oldest, ReportFrame& frame) {
  if (place["schema"].is_null() || place["tool"].is_null()) {
    place.refuse("is not a report of goldhive");
  }
  const std::uint64_t schema = place["schema"].number();
  if (schema < oldest || schema > report_schema) {
    throw Error(
        ErrorKind::unsupported,
        fmt::format("is a report of schema {}; this build reads {}", schema,
                    oldest == report_schema ? std::to_string(report_schema)
                                            : fmt::format("{} to {}", oldest, report_schema)));
  }
  frame.head.tool_version = place["tool"]["version"].text();
  frame.command = place["command"].named(commands);
  frame.head.policy = place["policy"].text_or_empty();
  frame.head.policy_sha256 = place["policy_sha256"].text_or_empty();
  if (frame.command == Command::undo || frame.command == Command::recover ||
      frame.command == Command::verify) {
    throw Error(ErrorKind::unsupported,
                fmt::format("is a report of goldhive {}; only those of scan, list, plan and patch "
                            "can be read",
                            to_string(frame.command)));
  }
}

/// Counts the targets, so that one that is missing is noticed.
class Counted {
 public:
  void add(const TargetReport& target) { count(target, report_); }
  void require(const Place& summary) const {
    const Summary& s = report_.summary;
    const auto same = [&](const char* name, std::uint64_t counted) {
      if (summary[name].number_or_zero() == counted) return;
      summary[name].refuse(
          fmt::format("the summary counts {}, and the targets give {}: a part of "
                      "the report is missing",
                      summary[name].number_or_zero(), counted));
    };
    same("targets", s.targets);
    same("installations", s.installations);
    same("pass", s.pass);
    same("fail", s.fail);
    same("warn", s.warn);
    same("not_applicable", s.not_applicable);
    same("undetermined", s.undetermined);
    same("waived", s.waived);
    same("errors", s.errors);
    same("not_begun", s.not_begun);
  }

 private:
  Report report_;
};

void read_end(const Place& place, ReportFrame& frame) {
  for (const Place& each : place["waivers"].items()) {
    frame.waivers.push_back(
        {{each["check"].text(), each["target"].text(), each["reason"].text(), each["until"].text()},
         each["expired"].truth(),
         each["rows"].number()});
  }
  frame.passed_over = place["summary"]["passed_over"].number_or_zero();
  frame.interrupted = place["interrupted"].truth_or_false();
}

/// The lines of a file, of which only a piece is in memory.
class LinesOf {
 public:
  explicit LinesOf(const ByteSource& file) : file_(file) {}

  /// The next line without its end; nullopt at the end of the file. Error(corrupt) for one that
  /// has no end, unless it is the `only` one.
  std::optional<std::string> next(bool only = false) {
    std::string line;
    for (;;) {
      const std::size_t end = piece_.find('\n', at_);
      line.append(piece_, at_, end == std::string::npos ? end : end - at_);
      if (end != std::string::npos) {
        at_ = end + 1;
        ++number_;
        if (line.ends_with('\r')) line.pop_back();
        return line;
      }
      if (line.size() > longest_line) refuse("a line is longer than any of a report");
      if (!refill()) break;
    }
    if (line.empty()) return std::nullopt;
    if (!only) refuse("is cut off: its last line has no end");
    return line;
  }
  std::size_t number() const { return number_; }  ///< of the line that next() gave, from 1

 private:
  [[noreturn]] void refuse(const char* reason) const {
    throw Error(ErrorKind::corrupt, reason, file_.name());
  }
  bool refill() {
    constexpr std::uint64_t most = 1 << 20;
    const std::uint64_t length = std::min(most, file_.size() - offset_);
    if (length == 0) return false;
    const Bytes bytes = file_.read(offset_, static_cast<std::size_t>(length));
    piece_.assign(bytes.begin(), bytes.end());
    if (offset_ == 0 && piece_.starts_with("\xef\xbb\xbf")) piece_.erase(0, 3);
    offset_ += length;
    at_ = 0;
    return true;
  }

  const ByteSource& file_;
  std::uint64_t offset_ = 0;
  std::string piece_;
  std::size_t at_ = 0;
  std::size_t number_ = 0;
};

using Begin = std::function<void(const ReportFrame&)>;
using Take = std::function<void(TargetReport)>;

ReportFrame read_document(const ByteSource& file, const Begin& begin, const Take& take) {
  if (file.size() > longest_document) {
    throw Error(ErrorKind::unsupported,
                fmt::format("is larger than {} bytes: a report of that size is read as jsonl",
                            longest_document),
                file.name());
  }
  const Bytes bytes = file.read(0, static_cast<std::size_t>(file.size()));
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const Json json = Json::parse(text, file.name());
  const Place document(json, "", file.name());
  ReportFrame frame;
  read_head(document, oldest_document, frame);
  read_end(document, frame);
  begin(frame);
  Counted counted;
  for (const Place& each : document["targets"].items()) {
    TargetReport target = read_target(each);
    counted.add(target);
    take(std::move(target));
  }
  counted.require(document["summary"]);
  return frame;
}

ReportFrame read_lines(LinesOf& lines, const Json& first, const std::string& name,
                       const Begin& begin, const Take& take) {
  ReportFrame frame;
  const Place head(first, "line 1: ", name);
  if (first.find("path") != nullptr && first.find("schema") == nullptr) {
    head.refuse(
        "is a target, not the head of a report: a part of one, or written by goldhive 0.1.0, whose "
        "jsonl does not say what it is");
  }
  read_head(head, report_schema, frame);
  begin(frame);
  bool ended = false;
  Counted counted;
  while (const std::optional<std::string> line = lines.next()) {
    const std::string place = fmt::format("line {}: ", lines.number());
    const Json json = Json::parse(*line, fmt::format("{}: line {}", name, lines.number()));
    const Place record(json, place, name);
    if (ended) record.refuse("stands behind the end of the report");
    if (json.find("summary") != nullptr) {
      read_end(record, frame);
      counted.require(record["summary"]);
      ended = true;
    } else {
      TargetReport target = read_target(record);
      counted.add(target);
      take(std::move(target));
    }
  }
  if (!ended) {
    throw Error(ErrorKind::corrupt,
                fmt::format("is cut off after line {}: the last line of a report is its summary",
                            lines.number()),
                name);
  }
  return frame;
}

}  // namespace

ReportFrame read_report(const ByteSource& file, const Begin& begin, const Take& take) {
  try {
    LinesOf lines(file);
    const std::optional<std::string> line = lines.next(true);
    if (!line) throw Error(ErrorKind::corrupt, "is empty", file.name());
    std::optional<Json> first;
    try {
      first = Json::parse(*line, file.name());
    } catch (const Error&) {  // the first of the many lines of a document
    }
    // Without line feeds a document is one line.
    if (first && first->find("targets") == nullptr) {
      return read_lines(lines, *first, file.name(), begin, take);
    }
    return read_document(file, begin, take);
  } catch (const Error& e) {
    throw e.at(file.name());
  }
}

}  // namespace goldhive::report
