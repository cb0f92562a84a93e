// A report is either one JSON document over many lines, or JSONL: a first line that says what the
// report is, a line a target, and a last line that says that it is whole. The first line tells
// which: by itself it is JSON in JSONL only. What 0.1.0 wrote as JSONL has neither first nor last
// line and cannot be told from a part of something else, so it is refused.
#include "src/report/read_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "imgtools/bytes/json_place.h"
#include "src/report/read_target.h"

namespace goldhive::report {
namespace {

constexpr std::uint64_t oldest_document = 1;
constexpr std::size_t longest_line = 64U << 20;
constexpr std::size_t longest_document = 512U << 20;

constexpr std::array commands = {Command::scan, Command::list,    Command::plan,  Command::patch,
                                 Command::undo, Command::recover, Command::verify};

/// The schema, before anything that may have changed with it; then what the report is about.
void read_head(const JsonPlace& place, std::uint64_t oldest, ReportFrame& frame) {
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
  if (const JsonPlace config = place["config"]; !config.is_null()) {
    frame.head.config = config["path"].text();
    frame.head.config_sha256 = config["sha256"].text();
  }
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
  void require(const JsonPlace& summary) const {
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

void read_end(const JsonPlace& place, ReportFrame& frame) {
  for (const JsonPlace& each : place["waivers"].items()) {
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

/// A target of a report with this head. A plan says of each installation what it would change, if
/// nothing: what shows a plan relies on it.
TargetReport read_target_of(const ReportFrame& frame, const JsonPlace& place) {
  TargetReport target = read_target(place);
  const bool whole = std::all_of(target.installations.begin(), target.installations.end(),
                                 [](const InstallationReport& i) { return i.changes.has_value(); });
  if (frame.command == Command::plan && !whole) {
    place.refuse("is of a plan, and does not say what it would change (\"changes\")");
  }
  return target;
}

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
  const JsonPlace document(json, "", file.name());
  ReportFrame frame;
  read_head(document, oldest_document, frame);
  read_end(document, frame);
  begin(frame);
  Counted counted;
  for (const JsonPlace& each : document["targets"].items()) {
    TargetReport target = read_target_of(frame, each);
    counted.add(target);
    take(std::move(target));
  }
  counted.require(document["summary"]);
  return frame;
}

ReportFrame read_lines(LinesOf& lines, const Json& first, const std::string& name,
                       const Begin& begin, const Take& take) {
  ReportFrame frame;
  const JsonPlace head(first, "line 1: ", name);
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
    const JsonPlace record(json, place, name);
    if (ended) record.refuse("stands behind the end of the report");
    if (json.find("summary") != nullptr) {
      read_end(record, frame);
      counted.require(record["summary"]);
      ended = true;
    } else {
      TargetReport target = read_target_of(frame, record);
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
