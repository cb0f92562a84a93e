// `goldhive plan` for people, as a .reg-like diff, and as a .reg file.
#include "src/policy/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>

#include "src/report/next_command.h"
#include "src/report/plan_rows.h"
#include "src/report/printable.h"
#include "src/report/text_layout.h"
#include "src/report/text_rows.h"
#include "src/report/writers.h"

namespace goldhive::report {
namespace {

std::string what_and_why(const TextRow& row, const windows::Installation& facts) {
  const policy::Finding& f = row.first();
  const std::string of = describe_row(row, facts, false);
  return f.id + (of.empty() ? "" : ", " + of) + ": " + f.message;
}

class PlanWriter final : public TargetWriter {
 public:
  PlanWriter(const WriteOptions& options, std::ostream& out)
      : options_(options), lines_(out, options) {}

  void target(const TargetReport& t) override {
    std::vector<const InstallationReport*> changed;
    for (const InstallationReport& i : t.installations) {
      if (tally(i)) changed.push_back(&i);
    }
    with_changes_.add(t, changed);
    if (options_.only_counts()) return;
    if (t.error) lines_.failed(t);
    lines_.only_notes(t);
    for (const InstallationReport& i : t.installations) installation(i);
    for (const std::string& note : t.notes) lines_.folded("  note: ", 8, printable(note));
  }

  void finish(const Report& report) override {
    std::string line = fmt::format("{}, {}", counted(report.summary.installations, "installation"),
                                   counted(changes_, "change"));
    if (stays_ > 0) line += fmt::format(", {} left", counted(stays_, "finding"));
    if (open_ > 0) line += fmt::format(", {} undetermined", open_);
    if (report.summary.errors > 0) line += ", " + counted(report.summary.errors, "error");
    if (report.summary.not_begun > 0) {
      line += ", " + counted(report.summary.not_begun, "target") + " not begun";
    }
    line += ".";
    if (in_vain_ > 0) {
      line += fmt::format("  A patch would refuse {}.", counted(in_vain_, "installation"));
    }
    if (with_changes_.empty()) {
      lines_.folded("", 0, line);
    } else {
      lines_.with_command(
          line, "To make them:", with_changes_.command(Command::patch, Command::plan, options_));
    }
    lines_.waivers(report.waivers);
  }

 private:
  /// Counts for the summary. Whether a patch would change it.
  bool tally(const InstallationReport& report) {
    changes_ += report.changes->size();
    for (const TextRow& row : rows_that_stay(report)) {
      ++(counts_as_finding(row.first()) ? stays_ : open_);
    }
    if (report.planned_in_vain()) ++in_vain_;
    return !report.changes->empty() && !report.planned_in_vain();
  }

  void installation(const InstallationReport& report) {
    const std::size_t count = report.changes->size();
    lines_.right_aligned(printable(report.facts.id), printable(describe_system(report.facts)),
                         count == 0   ? "NO CHANGES"
                         : count == 1 ? "1 CHANGE"
                                      : fmt::format("{} CHANGES", count),
                         count == 0 ? Color::dim : Color::yellow);
    lines_.diff(*report.changes);
    const windows::ControlSetFacts& sets = report.facts.control_sets;
    if (sets.boots_another()) lines_.folded("  note: ", 8, printable(sets.note));
    if (report.planned_in_vain()) {
      lines_.folded("  refused: ", 11, printable(report.refusal->what()));
    }
    for (const TextRow& row : rows_that_stay(report)) {
      lines_.folded("  stays: ", 9, printable(what_and_why(row, report.facts)));
      const policy::Finding* f = &row.first();
      // If a patch cannot fix the row, the last line of evidence says what can.
      if (f->verdict == policy::Verdict::fail && !f->fixable() && !f->evidence.empty()) {
        lines_.folded("         ", 9, printable(f->evidence.back()));
      }
    }
    other_sets(report);
  }

  /// One line a control set, whatever the checks are: it is no more than a reminder.
  void other_sets(const InstallationReport& report) {
    std::map<std::string, std::set<std::string>> checks;
    for (const TextRow& row : rows_of_other_sets(report)) {
      checks[describe_row(row, report.facts, false)].insert(row.first().id);
    }
    for (const auto& [set, ids] : checks) {
      lines_.folded("  note: ", 8,
                    printable(fmt::format("{}, which does not boot, stays as it is (--control-set "
                                          "all changes it, too): {}",
                                          set, fmt::join(ids, ", "))));
    }
  }

  WriteOptions options_;
  Lines lines_;
  std::uint64_t changes_ = 0;
  std::uint64_t stays_ = 0;  ///< findings
  std::uint64_t open_ = 0;   ///< rows without a verdict, which stay as well
  std::uint64_t in_vain_ = 0;
  NextTargets with_changes_;
};

}  // namespace

Writer plan_writer(Command, const WriteOptions& options, std::ostream& out) {
  return std::make_unique<PlanWriter>(options, out);
}

void write_reg(const Report& report, const WriteOptions&, std::ostream& out) {
  for (const TargetReport& t : report.targets) {
    for (const InstallationReport& i : t.installations) {
      if (i.changes && !i.changes->empty()) out << policy::plan_reg_file(*i.changes);
    }
  }
}

}  // namespace goldhive::report
