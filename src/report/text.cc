// The report for a person: one header line per installation with its status at the right edge, one
// line per row, and at the end what it comes to and what to do next.
//
// Lines are folded only for a terminal (WriteOptions::width): in a file or a pipe a row is a line.
#include <fmt/format.h>

#include <algorithm>

#include "src/report/printable.h"
#include "src/report/text_layout.h"
#include "src/report/value_text.h"
#include "src/report/writers.h"

namespace goldhive::report {
namespace {

using policy::Finding;
using policy::Verdict;

/// Where the right edge is when nobody says.
constexpr std::size_t default_width = 100;

struct Style {
  const char* verdict;  ///< as shown, at most 4 columns
  Color color;
};

Style style_of(const Finding& f) {
  if (f.waived) return {"waiv", Color::dim};
  switch (f.verdict) {
    case Verdict::pass:
      return {"pass", Color::green};
    case Verdict::fail:
      return {"fail", Color::red};
    case Verdict::warn:
      return {"warn", Color::yellow};
    case Verdict::not_applicable:
      return {"n/a", Color::dim};
    case Verdict::undetermined:
      break;
  }
  return {"?", Color::yellow};
}

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

std::string status_word(Status status) {
  std::string word = to_string(status);
  std::transform(word.begin(), word.end(), word.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return word;
}

/// "32-bit view", "ControlSet001 (boots)", "TLS 1.0 client": what of several a row is about.
std::string row_subject(const Finding& f, const windows::Installation& facts) {
  std::vector<std::string> parts;
  if (!f.subject.empty()) parts.push_back(f.subject);
  const bool two_views = windows::is_64_bit(facts.os.architecture);
  if (f.view == windows::View::wow64) parts.emplace_back("32-bit view");
  if (f.view == windows::View::native && two_views) parts.emplace_back("64-bit view");
  if (f.control_set) {
    const bool boots = facts.control_sets.boots == f.control_set;
    parts.push_back(fmt::format("ControlSet{:03}{}", *f.control_set, boots ? " (boots)" : ""));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string row_message(const Finding& f, const windows::Installation& facts) {
  std::string text = row_subject(f, facts);
  if (!text.empty() && !f.message.empty()) text += ": ";
  text += f.message;
  if (f.possibly_stale) text += " [possibly stale]";
  if (f.waived) text += fmt::format(" [{}, waived: {}]", to_string(f.verdict), f.waiver_reason);
  return printable(text);
}

class TextWriter {
 public:
  TextWriter(const WriteOptions& options, std::ostream& out)
      : options_(options), lines_(out, options) {}

  void write(const Report& report) {
    for (const TargetReport& t : report.targets) target(t);
    summary(report);
  }

 private:
  std::size_t edge() const { return options_.width == 0 ? default_width : options_.width; }

  void target(const TargetReport& t) {
    if (t.error) {
      lines_.right_aligned(printable(t.path), "", status_word(Status::error), Color::red, edge());
      if (!options_.reasons_shown) lines_.folded("  ", 2, printable(t.error->what()));
    }
    for (const InstallationReport& i : t.installations) installation(i);
    if (options_.verbose) {
      for (const VolumeReport& v : t.volumes) {
        if (v.passed_over.empty()) continue;
        lines_.folded("  note: ", 8,
                      printable(fmt::format("{}{}: {}", t.path, v.id, v.passed_over)));
      }
    }
    for (const std::string& note : t.notes) lines_.folded("  note: ", 8, printable(note));
    if (t.undo) lines_.folded("  undo: ", 8, printable(*t.undo));
  }

  void installation(const InstallationReport& report) {
    const windows::Installation& facts = report.facts;
    lines_.right_aligned(printable(facts.id), printable(describe_system(facts)),
                         status_word(report.status), color_of(report.status), edge());
    const std::size_t id_width = widest_id(report.findings);
    for (const Finding& f : report.findings) {
      if (shown(f, facts)) row(f, facts, id_width);
    }
    for (const std::string& w : facts.warnings) lines_.folded("  note: ", 8, printable(w));
    for (const std::string& c : facts.os.conflicts) lines_.folded("  note: ", 8, printable(c));
    if (options_.verbose) details(facts);
  }

  /// Info rows on a control set that does not boot wait for --verbose.
  bool shown(const Finding& f, const windows::Installation& facts) const {
    if (options_.verbose || f.severity != policy::Severity::info || !f.control_set) return true;
    return facts.control_sets.boots == f.control_set;
  }

  void row(const Finding& f, const windows::Installation& facts, std::size_t id_width) {
    const Style style = style_of(f);
    const bool graded = f.verdict == Verdict::fail || f.verdict == Verdict::warn;
    const std::string severity = graded && !f.waived ? policy::to_string(f.severity) : "";
    lines_.row(style.verdict, style.color, f.id, id_width, row_message(f, facts), severity, edge());
    if (!options_.verbose) return;
    if (!f.key.empty()) {
      lines_.folded("          ", 12, printable(f.value.empty() ? f.key : f.key + " : " + f.value));
    }
    for (const std::string& e : f.evidence) lines_.folded("          ", 12, printable(e));
  }

  std::size_t widest_id(const std::vector<Finding>& findings) const {
    std::size_t width = 0;
    for (const Finding& f : findings) width = std::max(width, display_width(f.id));
    return width;
  }

  void details(const windows::Installation& facts) {
    for (const windows::HiveFact& h : facts.hives) {
      lines_.folded("  hive: ", 8, printable(describe_hive(h)));
      for (const hive::LogAccount& log : h.logs) {
        lines_.folded("    log: ", 10, printable(describe_log(log)));
      }
    }
    for (const std::string& n : facts.os.notes) lines_.folded("  note: ", 8, printable(n));
    if (!facts.control_sets.note.empty()) {
      lines_.folded("  note: ", 8, printable(facts.control_sets.note));
    }
  }

  void summary(const Report& report) {
    std::uint64_t findings = 0;
    std::vector<std::string> fixable;
    for (const TargetReport& t : report.targets) {
      for (const InstallationReport& i : t.installations) {
        bool fix = false;
        for (const Finding& f : i.findings) {
          if (!counts_as_finding(f)) continue;
          ++findings;
          fix = fix || f.fixable();
        }
        if (fix) fixable.push_back(t.installations.size() == 1 ? t.path : i.facts.id);
      }
    }
    const Summary& s = report.summary;
    std::string line = fmt::format("{}, {}", counted(s.installations, "installation"),
                                   counted(findings, "finding"));
    if (s.undetermined > 0) line += fmt::format(", {} undetermined", s.undetermined);
    if (s.waived > 0) line += fmt::format(", {} waived", s.waived);
    if (s.errors > 0) line += ", " + counted(s.errors, "error");
    line += ".";
    if (!fixable.empty() && report.command == "scan") line += "  " + fix_line(fixable);
    lines_.folded("", 0, line);
  }

  static std::string fix_line(const std::vector<std::string>& targets) {
    std::string line = "The fix: goldhive plan";
    for (const std::string& t : targets) line += " " + printable(shell_quoted(t));
    return line;
  }

  WriteOptions options_;
  Lines lines_;
};

}  // namespace

void write_text(const Report& report, const WriteOptions& options, std::ostream& out) {
  if (report.command == "list") {
    write_listing(report, options, out);
  } else {
    TextWriter(options, out).write(report);
  }
}

}  // namespace goldhive::report
