// `goldhive verify` for people: a line per hive, then its faults.
#include <fmt/format.h>

#include <map>

#include "src/report/printable.h"
#include "src/report/text_layout.h"
#include "src/report/writers.h"

namespace goldhive::report {
namespace {

constexpr std::size_t default_width = 100;

std::string what_is_in_it(const hive::CheckResult& r) {
  std::string text =
      fmt::format("{}, {}, {} in use, {} free", counted(r.keys, "key"), counted(r.values, "value"),
                  human_size(r.used_bytes), human_size(r.free_bytes));
  if (!r.complete) text += "; not read to the end";
  return text;
}

void write_check(const TargetReport& target, const HiveCheckReport& check, Lines& lines,
                 std::size_t edge, bool verbose) {
  const hive::CheckResult& r = check.result;
  const bool sound = r.safe_to_edit();
  const char* word = sound ? "SOUND" : "FAULTY";
  const std::string where =
      check.id == target.path && check.stands_alone ? check.id : check.id + "  " + check.path;
  lines.right_aligned(printable(where),
                      fmt::format("{}  {}", human_size(check.size), to_string(check.state)), word,
                      sound ? Color::green : Color::red, edge);
  if (!check.reason.empty()) lines.folded("  ", 2, printable(check.reason));
  lines.folded("  ", 2, what_is_in_it(r));
  std::map<std::string, std::uint64_t> harmless;
  for (const hive::Fault& fault : r.faults) {
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
  if (r.fault_count > r.faults.size()) {
    lines.folded("  ", 2, fmt::format("and {} more, not listed", r.fault_count - r.faults.size()));
  }
}

}  // namespace

void write_checks(const Report& report, const WriteOptions& options, std::ostream& out) {
  Lines lines(out, options);
  const std::size_t edge = options.width == 0 ? default_width : options.width;
  std::uint64_t hives = 0;
  std::uint64_t faults = 0;
  std::uint64_t harmless = 0;
  for (const TargetReport& t : report.targets) {
    if (t.error) {
      lines.right_aligned(printable(t.path), "", "ERROR", Color::red, edge);
      if (!options.reasons_shown) lines.folded("  ", 2, printable(t.error->what()));
    }
    if (t.hive_checks) {
      for (const HiveCheckReport& check : *t.hive_checks) {
        write_check(t, check, lines, edge, options.verbose);
        ++hives;
        faults += check.result.refusal_count;
        harmless += check.result.fault_count - check.result.refusal_count;
      }
    }
    for (const std::string& note : t.notes) lines.folded("  note: ", 8, printable(note));
  }
  std::string line = fmt::format("{}, {}", counted(hives, "hive"), counted(faults, "fault"));
  if (harmless > 0) line += fmt::format(", {} harmless", harmless);
  if (report.summary.errors > 0) line += ", " + counted(report.summary.errors, "error");
  lines.folded("", 0, line + ".");
}

}  // namespace goldhive::report
