// The report for a person. Of one installation: a header line with its status at the right edge and
// a line for each row. Of several: an overview (overview.h), unless all details are asked for. At
// the end a summary and what to do next.
//
// Lines are folded only for a terminal (WriteOptions::width): in a file or a pipe a row is a line.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "src/report/answers.h"
#include "src/report/next_command.h"
#include "src/report/overview.h"
#include "src/report/printable.h"
#include "src/report/text_layout.h"
#include "src/report/text_rows.h"
#include "src/report/value_text.h"
#include "src/report/writers.h"

namespace goldhive::report {
namespace {

using policy::Finding;
using policy::Verdict;

Color color_of(Status status) {
  switch (status) {
    case Status::not_applicable:
      return Color::dim;
    case Status::compliant:
      return Color::green;
    case Status::undetermined:
      return Color::yellow;
    case Status::findings:
    case Status::error:
      break;
  }
  return Color::red;
}

std::string status_word(const InstallationReport& installation) {
  std::string word = status_in_words(installation);
  std::transform(word.begin(), word.end(), word.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return word;
}

/// The ids of checks whose rows differ in their subject: only these rows show it.
std::set<std::string> ids_with_subjects(const std::vector<Finding>& findings) {
  std::map<std::string, std::string> first;
  std::set<std::string> out;
  for (const Finding& f : findings) {
    if (first.emplace(f.id, f.subject).first->second != f.subject) out.insert(f.id);
  }
  return out;
}

class VerdictWriter final : public TargetWriter {
 public:
  VerdictWriter(Command command, const WriteOptions& options, std::ostream& out)
      : options_(options), lines_(out, options), command_(command) {}

  void target(const TargetReport& t) override {
    if (!options_.only_counts()) details_of(t);
    tally(t);
  }

  void finish(const Report& report) override {
    const Summary& s = report.summary;
    std::string line = fmt::format("{}, {}", counted(s.installations, "installation"),
                                   counted(findings_, "finding"));
    if (warnings_ > 0) line += ", " + counted(warnings_, "warning");
    if (undetermined_ > 0) line += fmt::format(", {} undetermined", undetermined_);
    if (s.waived > 0) line += fmt::format(", {} waived", s.waived);
    if (s.errors > 0) line += ", " + counted(s.errors, "error");
    if (s.not_begun > 0) line += ", " + counted(s.not_begun, "target") + " not begun";
    if (s.passed_over > 0) line += ", " + counted(s.passed_over, "file") + " passed over";
    line += ".";
    if (hidden_ > 0) lines_.folded("", 0, describe_hidden(hidden_, options_.least) + ".");
    if (fixable_.empty()) {
      lines_.folded("", 0, line);
    } else {
      lines_.with_command(line, "The fix:", fixable_.command(Command::plan, command_, options_));
    }
    if (!changed_.empty()) {
      lines_.with_command("",
                          "To take it back:", changed_.command(Command::undo, command_, options_));
    }
    lines_.waivers(report.waivers);
  }

 private:
  bool after_patch() const { return command_ == Command::patch; }

  void details_of(const TargetReport& t) {
    if (t.error) lines_.failed(t);
    lines_.only_notes(t);
    for (const InstallationReport& i : t.installations) {
      installation(i,
                   t.error && i.refusal && std::string_view(i.refusal->what()) == t.error->what());
    }
    if (options_.verbose) {
      for (const VolumeReport& v : t.volumes) {
        if (v.passed_over.empty()) continue;
        lines_.folded("  note: ", 8,
                      printable(fmt::format("{}{}: {}", t.path, v.id, v.passed_over)));
      }
      for (const std::string& detail : t.details)
        lines_.folded("  detail: ", 10, printable(detail));
    }
    if (t.backup) lines_.folded("  note: ", 8, printable(describe_backup(*t.backup)));
    for (const std::string& note : t.notes) lines_.folded("  note: ", 8, printable(note));
    for (const std::string& undo : describe_left_undo_files(t)) lines_.folded("  undo: ", 8, undo);
  }

  /// Counts for the summary.
  void tally(const TargetReport& t) {
    std::vector<const InstallationReport*> fixable;
    for (const InstallationReport& i : t.installations) {
      for (const TextRow& row : folded_rows(i)) {
        const Finding& f = row.first();
        if (counts_as_finding(f)) {
          ++findings_;
        } else if (leaves_open(f)) {
          ++undetermined_;
        } else if (answer_of(f) == Answer::warn) {
          ++warnings_;
        }
      }
      if (patch_helps(i)) fixable.push_back(&i);
    }
    // Where a patch failed, the reason says more than a plan would.
    if (!after_patch() || !t.error) fixable_.add(t, fixable);
    changed_.add_whole(t, !t.undo_files.empty());
  }

  void installation(const InstallationReport& report, bool reason_said) {
    const windows::Installation& facts = report.facts;
    lines_.right_aligned(printable(facts.id), printable(describe_system(facts)),
                         status_word(report), color_of(report.status));
    changes(report, reason_said);
    rows(report);
    const windows::ControlSetFacts& sets = facts.control_sets;
    if (sets.boots_another()) lines_.folded("  note: ", 8, printable(sets.note));
    for (const std::string& w : facts.warnings) lines_.folded("  note: ", 8, printable(w));
    for (const std::string& c : facts.os.conflicts) lines_.folded("  note: ", 8, printable(c));
    if (options_.verbose) {
      details(facts);
    } else {
      for (const std::string& hash : hashes_of(facts)) lines_.folded("  hash: ", 8, hash);
    }
  }

  /// What a patch has changed. `said`: the reason why it did not is the target's error.
  void changes(const InstallationReport& report, bool said) {
    if (!report.changed) return;
    if (!*report.changed) {
      lines_.plain("  nothing changed", Color::none);
      if (report.planned_in_vain() && !said) {
        lines_.folded("  refused: ", 11, printable(report.refusal->what()));
      }
      return;
    }
    lines_.diff(*report.changes);
  }

  /// Rows that are of little interest are shown with --verbose only: clean hives, and info rows on
  /// a control set that does not boot; but not those that the last boot had and the next one has
  /// not (docs/rules.md, I12).
  bool shown(const Finding& f, const InstallationReport& report) const {
    if (options_.verbose) return true;
    if (f.severity != policy::Severity::info) return true;
    if (f.id == "hive.state") return f.actual != "clean";
    const windows::ControlSetFacts& sets = report.facts.control_sets;
    if (!f.control_set || sets.boots == f.control_set) return true;
    if (!sets.boots_another() || f.control_set != sets.current) return false;
    return std::any_of(report.findings.begin(), report.findings.end(), [&](const Finding& other) {
      return other.id == f.id && other.subject == f.subject && other.control_set == sets.boots &&
             other.verdict != f.verdict;
    });
  }

  static bool is_reason(const Finding& f) {
    return f.verdict == Verdict::not_applicable || f.verdict == Verdict::undetermined;
  }

  /// With their evidence, rows are shown one by one.
  std::vector<TextRow> rows_of(const std::vector<const Finding*>& findings) const {
    if (!options_.verbose) return folded(findings);
    std::vector<TextRow> rows;
    for (const Finding* f : findings) rows.push_back({{f}});
    return rows;
  }

  /// If several checks do not apply or stay open for one reason (WinPE, XP; a version of Windows
  /// that is not known), that reason is shown only once.
  void rows(const InstallationReport& report) {
    const std::set<std::string> with_subjects = ids_with_subjects(report.findings);
    std::vector<const Finding*> of_interest;
    for (const Finding& f : report.findings) {
      if (shown(f, report)) of_interest.push_back(&f);
    }
    std::vector<std::pair<const Finding*, std::string>> kept;
    std::map<std::string, std::size_t> reasons;
    for (const TextRow& row : rows_of(of_interest)) {
      const Finding& f = row.first();
      if (f.severity < options_.least) {
        ++hidden_;
        continue;
      }
      kept.emplace_back(&f, row_message(row, report.facts, with_subjects.count(f.id) != 0));
      if (is_reason(f)) ++reasons[kept.back().second];
    }
    const auto repeated = [&](const Finding& f, const std::string& message) {
      return !options_.verbose && is_reason(f) && reasons[message] > 2;
    };
    std::size_t id_width = 0;
    for (const auto& [f, message] : kept) {
      if (!repeated(*f, message)) id_width = std::max(id_width, display_width(f->id));
    }
    std::set<std::string> said;
    for (const auto& [f, message] : kept) {
      if (!repeated(*f, message)) {
        row(*f, f->id, message, id_width);
      } else if (said.insert(message).second) {
        const std::string checks = counted(reasons[message], "check");
        row(*f, checks, message, std::max(id_width, checks.size()));
      }
    }
  }

  void row(const Finding& f, const std::string& name, const std::string& message,
           std::size_t id_width) {
    const Style style = style_of(f);
    const bool graded = f.verdict == Verdict::fail || f.verdict == Verdict::warn;
    const std::string severity = graded && !f.waived ? policy::to_string(f.severity) : "";
    lines_.row(style.verdict, style.color, name, id_width, message, severity);
    if (!options_.verbose) {
      // After a patch, a person must do what no patch can do: the last line of evidence says how.
      if (after_patch() && f.verdict == Verdict::fail && !f.fixable() && !f.evidence.empty()) {
        lines_.folded("        to do: ", 15, printable(f.evidence.back()));
      }
      return;
    }
    if (!f.key.empty()) {
      lines_.folded("          ", 12, printable(f.value.empty() ? f.key : f.key + " : " + f.value));
    }
    if (f.key_last_written) {
      lines_.folded("          ", 12,
                    "key last written " + iso_time(*f.key_last_written).value_or("?"));
    }
    for (const std::string& e : f.evidence) lines_.folded("          ", 12, printable(e));
  }

  void details(const windows::Installation& facts) {
    for (const windows::HiveFact& h : facts.hives) {
      lines_.folded("  hive: ", 8, printable(describe_hive(h)));
      for (const hive::LogAccount& log : h.logs) {
        lines_.folded("    log: ", 10, printable(describe_log(log)));
      }
    }
    for (const std::string& n : facts.os.notes) lines_.folded("  note: ", 8, printable(n));
    if (!facts.control_sets.note.empty() && !facts.control_sets.boots_another()) {
      lines_.folded("  note: ", 8, printable(facts.control_sets.note));
    }
  }

  WriteOptions options_;
  Lines lines_;
  Command command_;
  std::uint64_t findings_ = 0, warnings_ = 0, undetermined_ = 0;
  std::uint64_t hidden_ = 0;  ///< rows that would be shown but for their severity
  NextTargets fixable_;
  NextTargets changed_;  ///< so that an undo can take it back
};

}  // namespace

Writer verdict_writer(Command command, const WriteOptions& options, std::ostream& out) {
  return std::make_unique<VerdictWriter>(command, options, out);
}

Writer text_writer(Command command, const WriteOptions& options, std::ostream& out) {
  switch (command) {
    case Command::scan:
    case Command::patch:
      break;
    case Command::list:
      return listing_writer(command, options, out);
    case Command::plan:
      return with_overview(plan_writer(command, options, out), command, options, out);
    case Command::verify:
      return checks_writer(command, options, out);
    case Command::undo:
    case Command::recover:
      return restored_writer(command, options, out);
    case Command::compare:  // is no report of targets
      break;
  }
  return with_overview(verdict_writer(command, options, out), command, options, out);
}

}  // namespace goldhive::report
