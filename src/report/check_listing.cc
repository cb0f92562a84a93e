// `goldhive verify` for people: a line per hive, then its faults.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "src/report/printable.h"
#include "src/report/text_layout.h"
#include "src/report/writers.h"

namespace goldhive::report {
namespace {

std::string what_is_in_it(const hive::CheckResult& r) {
  std::string text =
      fmt::format("{}, {}, {} in use, {} free", counted(r.keys, "key"), counted(r.values, "value"),
                  human_size(r.used_bytes), human_size(r.free_bytes));
  if (!r.complete) text += "; not read to the end";
  return text;
}

void write_check(const TargetReport& target, const HiveCheckReport& check, Lines& lines,
                 bool verbose) {
  const hive::CheckResult& r = check.result;
  const bool sound = r.safe_to_edit();
  const char* word = sound ? "SOUND" : "FAULTY";
  const std::string where =
      check.id == target.path && check.stands_alone ? check.id : check.id + "  " + check.path;
  lines.right_aligned(printable(where),
                      fmt::format("{}  {}", human_size(check.size), to_string(check.state)), word,
                      sound ? Color::green : Color::red);
  if (!check.reason.empty()) lines.folded("  ", 2, printable(check.reason));
  lines.folded("  ", 2, what_is_in_it(r));
  if (check.sha256) lines.folded("  hash: ", 8, "sha256 " + *check.sha256);
  std::map<std::string, std::uint64_t> harmless;
  std::vector<std::string> mendings;  // each once, in the order of the faults
  for (const hive::Fault& fault : r.faults) {
    const std::string mending = hive::mending(fault.code);
    if (!mending.empty() &&
        std::find(mendings.begin(), mendings.end(), mending) == mendings.end()) {
      mendings.push_back(mending);
    }
    if (fault.harm == hive::Harm::harmless && !verbose) {
      ++harmless[to_string(fault.code)];
    } else {
      lines.folded(fault.harm == hive::Harm::harmless ? "  harmless  " : "  fault     ", 12,
                   printable(to_string(fault)));
    }
  }
  if (!harmless.empty()) {
    std::string text;
    for (const auto& [code, count] : harmless) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, code);
    }
    lines.folded("  harmless  ", 12, text);
  }
  for (const std::string& mending : mendings) lines.folded("  to mend   ", 12, mending);
  if (r.fault_count > r.faults.size()) {
    lines.folded("  ", 2, fmt::format("and {} more, not listed", r.fault_count - r.faults.size()));
  }
}

class ChecksWriter final : public TargetWriter {
 public:
  ChecksWriter(const WriteOptions& options, std::ostream& out)
      : verbose_(options.verbose), lines_(out, options) {}

  void target(const TargetReport& t) override {
    if (t.error) lines_.failed(t);
    if (t.hive_checks) {
      for (const HiveCheckReport& check : *t.hive_checks) {
        write_check(t, check, lines_, verbose_);
        ++hives_;
        faults_ += check.result.refusal_count;
        harmless_ += check.result.fault_count - check.result.refusal_count;
      }
    }
    for (const std::string& note : t.notes) lines_.folded("  note: ", 8, printable(note));
  }

  void finish(const Report& report) override {
    std::string line = fmt::format("{}, {}", counted(hives_, "hive"), counted(faults_, "fault"));
    if (harmless_ > 0) line += fmt::format(", {} harmless", harmless_);
    if (report.summary.errors > 0) line += ", " + counted(report.summary.errors, "error");
    if (report.summary.not_begun > 0) {
      line += ", " + counted(report.summary.not_begun, "target") + " not begun";
    }
    lines_.folded("", 0, line + ".");
  }

 private:
  bool verbose_;
  Lines lines_;
  std::uint64_t hives_ = 0;
  std::uint64_t faults_ = 0;
  std::uint64_t harmless_ = 0;
};

}  // namespace

Writer checks_writer(Command, const WriteOptions& options, std::ostream& out) {
  return std::make_unique<ChecksWriter>(options, out);
}

}  // namespace goldhive::report
