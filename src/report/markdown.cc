// The report as Markdown, for the summary of a job ($GITHUB_STEP_SUMMARY) and for tickets: a table
// of the installations, then for each what fails, warns or stays open.
//
// GitHub Flavored Markdown. What stands in a report may come from a hive, and must not become a
// heading, a cell, a link, a mention or HTML: punctuation is escaped, a "|" is an entity (a table
// is divided before anything else is read), and where GitHub would make a link of plain text (an
// address, @name, #1) an empty comment divides it. A job's summary holds 1 MiB and is dropped as a
// whole beyond that, so what would be more is left out, and said to be.
#include <fmt/format.h>

#include <algorithm>

#include "src/report/answers.h"
#include "src/report/compare.h"
#include "src/report/printable.h"
#include "src/report/row_parts.h"
#include "src/report/text_layout.h"
#include "src/report/text_rows.h"
#include "src/report/writers.h"

namespace goldhive::report {
namespace {

using policy::Finding;

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c < 0;
}

bool ends_with_www(std::string_view text) {
  if (text.size() < 3) return false;
  const std::string_view end = text.substr(text.size() - 3);
  return std::all_of(end.begin(), end.end(), [](char c) { return c == 'w' || c == 'W'; });
}

/// Text that means itself, in a line that something else has begun.
std::string md_text(std::string_view untrusted) {
  constexpr std::string_view escaped = "\\`*_[]~$#";
  constexpr std::string_view apart = "<!-- -->";
  const std::string text = printable(untrusted);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : ' ';
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '|') {
      out += "&#124;";
    } else if (c == '.' && ends_with_www(std::string_view(text).substr(0, i))) {
      out += apart;
      out += c;
    } else {
      if (escaped.find(c) != std::string_view::npos) out += '\\';
      out += c;
      if ((c == ':' && next == '/') || ((c == '@' || c == '#') && is_word(next))) out += apart;
    }
  }
  return out;
}

/// A name or a key. A span between backticks cannot hold a backtick, nor a "|" in a table.
std::string md_code(std::string_view untrusted) {
  const std::string text = printable(untrusted);
  if (text.empty()) return "";
  if (text.find_first_of("`|") == std::string::npos) return "`" + text + "`";
  return "<code>" + md_text(text) + "</code>";
}

/// Lines that no line of theirs can end.
std::string md_block(std::string_view language, const std::string& text) {
  std::string fence = "```";
  while (text.find(fence) != std::string::npos) fence += '`';
  return fmt::format("{}{}\n{}{}\n", fence, language, text, fence);
}

/// Pieces of one kind, as many as fit.
class MarkdownPart {
 public:
  explicit MarkdownPart(std::size_t limit) : limit_(limit) {}
  void add(std::string_view piece) {
    if (text_.size() + piece.size() > limit_) {
      ++left_out_;
    } else {
      text_ += piece;
    }
  }
  bool empty() const { return text_.empty() && left_out_ == 0; }
  /// With a sentence about what did not fit.
  std::string written(std::string_view noun) const {
    if (left_out_ == 0) return text_;
    return text_ +
           fmt::format("\n**Left out here, for want of room: {}.** Other formats have all.\n",
                       counted(left_out_, noun));
  }

 private:
  std::size_t limit_;
  std::string text_;
  std::uint64_t left_out_ = 0;
};

std::string in_bold(std::string_view text, bool bold) {
  return fmt::format("{0}{1}{0}", bold ? "**" : "", text);
}

std::string finding_row(const TextRow& row, const windows::Installation& facts) {
  const Finding& f = row.first();
  const Answer answer = answer_of(f);
  std::string text = md_text(row_message(row, facts, true));
  for (const Finding* each : row.findings) {
    if (each->key.empty()) continue;
    text += "<br>" + md_code(each->key);
    const std::string value = value_and_wish(*each);
    if (!value.empty()) text += "<br>" + md_code(value);
  }
  return fmt::format("| {} | {} | {} | {} |\n", in_bold(to_string(answer), answer == Answer::fail),
                     md_code(f.id), text, f.waived ? "" : policy::to_string(f.severity));
}

class MarkdownWriter final : public TargetWriter {
 public:
  MarkdownWriter(policy::Severity least, std::ostream& out) : least_(least), out_(out) {}

  void target(const TargetReport& target) override {
    if (target.error) {
      errors_.add(fmt::format("- {}: {}\n", md_code(target.path), md_text(target.error->what())));
    } else if (target.installations.empty()) {
      table_.add(
          fmt::format("| {} | | {} | | | | |\n", md_code(target.path), to_string(target.status)));
    }
    for (const InstallationReport& i : target.installations) installation(i);
    for (const std::string& undo : describe_left_undo_files(target)) {
      undo_.add(fmt::format("- {}: {}\n", md_code(target.path), md_code(undo)));
    }
  }

  void finish(const Report& report) override {
    out_ << fmt::format("## goldhive {}: {}\n\n", to_string(report.command),
                        totals_.status(report.status));
    head(report);
    if (!table_.empty()) {
      out_ << "\n| Installation | System | Status |";
      for (const std::string_view question : questions) out_ << ' ' << question << " |";
      out_ << "\n|---|---|---|---|---|---|---|\n" << table_.written("installation");
    }
    if (!errors_.empty()) out_ << "\n### Errors\n\n" << errors_.written("target");
    out_ << sections_.written("installation");
    if (!undo_.empty()) out_ << "\n### Undo files\n\n" << undo_.written("target");
    waivers(report.waivers);
  }

 private:
  void head(const Report& report) const {
    const Summary& s = report.summary;
    std::string line =
        counted(s.installations, "installation") + " in " + counted(s.targets, "target");
    const auto add = [&line](std::uint64_t n, const std::string& text) {
      if (n > 0) line += fmt::format(", {} {}", n, text);
    };
    add(totals_.with(Status::findings), "with findings");
    add(totals_.with(Status::undetermined), "undetermined");
    add(totals_.warned, "with warnings only");
    add(totals_.with(Status::compliant), "compliant");
    add(totals_.with(Status::not_applicable), "not applicable");
    line += ".";
    out_ << line << '\n';
    const auto sentence = [this](std::uint64_t n, const std::string& text) {
      if (n > 0) out_ << fmt::format("- {} {}\n", counted(n, "installation"), text);
    };
    out_ << '\n';
    sentence(totals_.need_update, "without KB3140245");
    sentence(totals_.need_patch, "that `goldhive patch` can put right, in part or all");
    sentence(totals_.refused, "where a patch is refused");
    if (s.errors > 0) out_ << fmt::format("- {}\n", counted(s.errors, "error"));
    if (s.not_begun > 0) out_ << fmt::format("- {} not begun\n", counted(s.not_begun, "target"));
    if (s.waived > 0) out_ << fmt::format("- {} waived\n", counted(s.waived, "row"));
    if (s.passed_over > 0) {
      out_ << fmt::format("- {} passed over, no image\n", counted(s.passed_over, "file"));
    }
    if (hidden_ > 0) out_ << fmt::format("- {}\n", md_text(describe_hidden(hidden_, least_)));
    out_ << fmt::format("- policy {}, goldhive {}\n", md_code(report.head.policy),
                        md_text(report.head.tool_version));
  }

  void installation(const InstallationReport& report) {
    totals_.add(report);
    std::string row = fmt::format(
        "| {} | {} | {} |", md_code(report.facts.id), md_text(describe_system(report.facts)),
        in_bold(status_in_words(report), report.status >= Status::findings));
    for (const Answer answer : answers_of(report)) {
      row += fmt::format(" {} |", in_bold(to_string(answer), answer == Answer::fail));
    }
    table_.add(row + '\n');
    std::string rows;
    for (const TextRow& each : folded_rows(report)) {
      const Finding& f = each.first();
      if (answer_of(f) <= Answer::informs) continue;
      if (f.severity < least_) {
        ++hidden_;
      } else {
        rows += finding_row(each, report.facts);
      }
    }
    std::string section;
    if (!rows.empty()) {
      section += "| | Check | Finding | Severity |\n|---|---|---|---|\n" + rows;
    }
    section += changes(report);
    std::string notes;
    for (const std::string& text : report.facts.warnings)
      notes += "- Note: " + md_text(text) + '\n';
    for (const std::string& text : report.facts.os.conflicts)
      notes += "- Note: " + md_text(text) + '\n';
    if (!notes.empty()) section += "\n" + notes;
    if (!section.empty()) {
      sections_.add(fmt::format("\n### {}\n\n{}", md_code(report.facts.id), section));
    }
  }

  static std::string changes(const InstallationReport& report) {
    std::string text;
    if (report.changes && !report.changes->empty()) {
      const bool done = report.changed.value_or(false);
      text += fmt::format("\n{}:\n\n", done ? "Changed" : "Changes that a patch makes");
      text += md_block("diff", fmt::format("{}\n", fmt::join(diff_lines(*report.changes), "\n")));
    }
    if (report.planned_in_vain())
      text += "\nA patch refuses: " + md_text(report.refusal->what()) + '\n';
    return text;
  }

  void waivers(const std::vector<WaiverReport>& waivers) {
    if (waivers.empty()) return;
    MarkdownPart rows(waivers_limit);
    for (const WaiverReport& w : waivers) {
      rows.add(fmt::format("| {} | {} | {} | {}{} | {} |\n", md_code(w.waiver.check),
                           md_code(w.waiver.target), md_text(w.waiver.reason),
                           md_text(w.waiver.until), w.expired ? " **expired**" : "", w.rows));
    }
    out_ << "\n### Waivers\n\n| Check | Target | Reason | Until | Rows |\n|---|---|---|---|---|\n"
         << rows.written("waiver");
  }

  // Together less than 1 MiB.
  static constexpr std::size_t table_limit = 300'000, errors_limit = 100'000,
                               sections_limit = 500'000, undo_limit = 50'000,
                               waivers_limit = 50'000;
  policy::Severity least_;
  std::uint64_t hidden_ = 0;  ///< rows that are left out for their severity
  std::ostream& out_;
  Totals totals_;
  MarkdownPart table_{table_limit};
  MarkdownPart errors_{errors_limit};
  MarkdownPart sections_{sections_limit};
  MarkdownPart undo_{undo_limit};
};

}  // namespace

Writer markdown_writer(Command, const WriteOptions& options, std::ostream& out) {
  return std::make_unique<MarkdownWriter>(options.least, out);
}

namespace {

std::string changed_row(const Comparison& comparison, const InstallationChange& change,
                        const RowChange& row) {
  const Finding f = comparison.shown(row);
  const Answer answer = answer_of(f);
  std::string text = md_text(describe_row(f, change.facts(), true));
  if (!text.empty()) text += ": ";
  text += row.change == Change::fixed && !row.after ? "is not there any more"
                                                    : md_text(what_is_said(f));
  const std::optional<Finding> before = comparison.before_of(row);
  const bool tells_before = row.change == Change::changed || row.change == Change::fixed;
  if (before && tells_before) {
    text += fmt::format("<br>before: {}: {}", to_string(answer_of(*before)),
                        md_text(what_is_said(*before)));
  }
  const bool absent = row.change == Change::fixed && !row.after;
  return fmt::format("| {} | {} | {} | {} | {} |\n", md_code(change.name()),
                     absent ? "" : in_bold(to_string(answer), answer == Answer::fail),
                     md_code(f.id), text, f.waived ? "" : policy::to_string(f.severity));
}

/// A table of the rows of one kind.
void section_of_changes(const Comparison& comparison, Change kind, std::string_view title,
                        std::ostream& out) {
  constexpr std::size_t limit = 200'000;  // five of them are less than a job's summary holds
  MarkdownPart rows(limit);
  MarkdownPart whole(limit / 4);
  for (const InstallationChange& change : comparison.installations) {
    if (change.change == kind && (kind == Change::gone || kind == Change::unreachable)) {
      whole.add(fmt::format("- {}{}{}\n", md_code(change.name()), change.error.empty() ? "" : ": ",
                            md_text(change.error)));
    }
    for (const RowChange& row : change.rows) {
      if (row.change == kind) rows.add(changed_row(comparison, change, row));
    }
  }
  if (rows.empty() && whole.empty()) return;
  out << fmt::format("\n### {}\n\n", title);
  if (!whole.empty()) out << whole.written("installation");
  if (rows.empty()) return;
  if (!whole.empty()) out << "\nWhat they had:\n\n";
  out << "| Installation | Verdict | Check | Finding | Severity |\n|---|---|---|---|---|\n"
      << rows.written("row");
}

}  // namespace

void write_markdown_comparison(const Comparison& comparison, const WriteOptions& options,
                               std::ostream& out) {
  const Comparison::Counts& counts = comparison.counts;
  out << fmt::format("## goldhive compare: {}\n\nFrom {} to {}.\n\n", describe_news(counts),
                     md_code(comparison.before.file), md_code(comparison.after.file));
  for (const std::string& remark : comparison.remarks()) out << "- " << md_text(remark) << ".\n";
  if (!comparison.remarks().empty()) out << '\n';
  out << "| | New | Changed | Fixed | Gone | Unreachable | Unchanged "
         "|\n|---|---|---|---|---|---|---|\n";
  const auto line = [&out](const char* name,
                           const std::array<std::uint64_t, change_count>& numbers) {
    out << fmt::format("| {} | {} |\n", name, fmt::join(numbers, " | "));
  };
  line("Rows", counts.rows);
  line("Installations", counts.installations);
  if (counts.read_in_neither > 0) {
    out << fmt::format("\n{} could be read in neither report.\n",
                       counted(counts.read_in_neither, "target"));
  }
  section_of_changes(comparison, Change::appeared, "New", out);
  section_of_changes(comparison, Change::changed, "Changed", out);
  section_of_changes(comparison, Change::fixed, "Fixed", out);
  section_of_changes(comparison, Change::gone, "Gone", out);
  section_of_changes(comparison, Change::unreachable, "Unreachable", out);
  if (options.all) section_of_changes(comparison, Change::unchanged, "Unchanged", out);
}

}  // namespace goldhive::report
