// The report as one page for people: what is wrong with how many images first, then each of them.
//
// The overview comes first and is known last, so the page is held until then: a line for each
// installation, and its rows once for all installations that say the same, as those of a fleet do.
// So the page of thousands is one that a browser opens at once. What is behind a row is one block
// of text: an element more for each line of it would be seconds.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>

#include "src/policy/checks.h"
#include "src/report/answers.h"
#include "src/report/html_parts.h"
#include "src/report/printable.h"
#include "src/report/row_parts.h"
#include "src/report/text_layout.h"
#include "src/report/text_rows.h"
#include "src/report/to_do.h"
#include "src/report/writers.h"

namespace goldhive::report {
namespace {

using policy::Finding;

constexpr HtmlPart to_do_part = {"to-do", "What to do"};
constexpr HtmlPart overview_part = {"overview", "Overview"};
constexpr HtmlPart errors_part = {"errors", "Errors"};
constexpr HtmlPart installations_part = {"installations", "Installations"};
constexpr HtmlPart findings_part = {"findings", "Findings"};
constexpr HtmlPart notes_part = {"notes", "Notes about targets"};
constexpr HtmlPart waivers_part = {"waivers", "Waivers"};

constexpr std::array status_words = {
    HtmlWord{"compliant", "An installation has all that the policy asks for."},
    HtmlWord{"compliant, with warnings", "The same, and something in it deserves a look."},
    HtmlWord{"findings", "Something that the policy asks for is not there."},
    HtmlWord{"undetermined (of an installation)", "Whether it has all of that could not be told."},
    HtmlWord{"not-applicable", "The policy asks nothing of it."},
    HtmlWord{"error", "The image or folder could not be read, or not all of it."},
};

/// What the command did, for who has never seen it.
const char* deed_of(Command command) {
  switch (command) {
    case Command::plan:
      return "and worked out what a patch would change; nothing was changed";
    case Command::patch:
      return "changed what was wrong and could be changed in the registry, and looked again: "
             "this is what it found then";
    default:
      return "and judged them; nothing was changed";
  }
}

/// Text that grows to many megabytes and is never copied for that.
class Pieces {
 public:
  void add(std::string_view text) {
    if (pieces_.empty() || pieces_.back().size() + text.size() > pieces_.back().capacity()) {
      pieces_.emplace_back();
      pieces_.back().reserve(std::max(text.size(), next_));
      next_ = std::min(2 * next_, longest);
    }
    pieces_.back() += text;
  }
  bool empty() const { return pieces_.empty(); }
  void write(std::ostream& out) const {
    for (const std::string& piece : pieces_) out << piece;
  }

 private:
  static constexpr std::size_t longest = 1 << 20;
  std::size_t next_ = 512;
  std::vector<std::string> pieces_;
};

/// What is behind a row: where its values stand, what they are, and what else was looked at.
std::string behind(const TextRow& row) {
  std::string text;
  const auto add = [&text](std::string_view line) {
    if (!line.empty()) text += html_text(line) + '\n';
  };
  for (const Finding* f : row.findings) {
    add(f->key);
    add(value_and_wish(*f));
    for (const std::string& line : f->evidence) add(line);
  }
  if (row.first().fixable()) add("goldhive patch can change it");
  return text;
}

/// A row that is not as it should be.
std::string open_row(const TextRow& row, const windows::Installation& facts) {
  const Finding& f = row.first();
  const Answer answer = answer_of(f);
  const policy::Check* check = policy::find_check(f.id);
  const std::string wish =
      check == nullptr ? "" : fmt::format(". Asked for: {}.", check->explanation.summary);
  const std::string severity = answer == Answer::fail || answer == Answer::warn
                                   ? fmt::format(", {}", policy::to_string(f.severity))
                                   : "";
  const std::string text = fmt::format(
      "<span class=\"sign {0}\">{0}{1}</span> <code>{2}</code> {3}{4}", to_string(answer), severity,
      markup_text(f.id), html_text(row_message(row, facts, true)), html_text(wish));
  const std::string more = behind(row);
  if (more.empty()) return "<p>" + text + "</p>\n";
  return fmt::format("<details><summary>{}</summary><pre>{}</pre></details>\n", text, more);
}

/// Rows of which there is little to say, a line each.
std::string quiet_rows(const std::vector<TextRow>& rows, const windows::Installation& facts,
                       std::string_view title, Answer wanted) {
  std::string lines;
  std::size_t count = 0;
  for (const TextRow& row : rows) {
    if (answer_of(row.first()) != wanted) continue;
    ++count;
    lines += html_text(row.first().id + "  " + row_message(row, facts, true)) + '\n';
  }
  if (count == 0) return "";
  return fmt::format("<details><summary class=\"soft\">{} {}</summary><pre>{}</pre></details>\n",
                     counted(count, "row"), title, lines);
}

std::string changes_of(const InstallationReport& report) {
  std::string text;
  if (report.planned_in_vain()) {
    text = "<p><span class=\"error\">A patch refuses</span>: " + html_text(report.refusal->what()) +
           "</p>\n";
  }
  if (!report.changes || report.changes->empty()) return text;
  std::string lines;
  for (const std::string& line : diff_lines(*report.changes)) lines += html_text(line) + '\n';
  return text + fmt::format("<details open><summary>{}</summary><pre>{}</pre></details>\n",
                            report.changed.value_or(false) ? "Changed" : "Changes of a patch",
                            lines);
}

std::string notes_of(const windows::Installation& facts) {
  std::vector<std::string> notes = facts.warnings;
  notes.insert(notes.end(), facts.os.conflicts.begin(), facts.os.conflicts.end());
  if (facts.control_sets.boots_another()) notes.push_back(facts.control_sets.note);
  if (notes.empty()) return "";
  std::string out;
  for (const std::string& note : notes) out += "<li>" + html_text(note) + "</li>\n";
  return "<ul>\n" + out + "</ul>\n";
}

/// In the colour of the status.
std::string html_status(Status status, std::string_view words) {
  return fmt::format("<span class=\"{}\">{}</span>", to_string(status), words);
}

/// What is said of an installation and of all that are like it.
std::string body_of(const InstallationReport& report) {
  const std::vector<TextRow> rows = folded_rows(report);
  std::string body = fmt::format("<p>{}, {}</p>\n", html_text(describe_system(report.facts)),
                                 html_status(report.status, status_in_words(report)));
  for (const Answer wanted : {Answer::fail, Answer::undetermined, Answer::warn, Answer::waived}) {
    for (const TextRow& row : rows) {
      if (answer_of(row.first()) == wanted) body += open_row(row, report.facts);
    }
  }
  body += changes_of(report);
  body += quiet_rows(rows, report.facts, "for information", Answer::informs);
  body += quiet_rows(rows, report.facts, "not applicable", Answer::not_applicable);
  body += quiet_rows(rows, report.facts, "passed", Answer::pass);
  return body + notes_of(report.facts);
}

/// What is its own: the hives, and when keys were written. A block of text.
std::string own_of(const InstallationReport& report) {
  std::string own;
  for (const windows::HiveFact& hive : report.facts.hives) {
    own += "  " + html_text(describe_hive(hive)) + '\n';
  }
  for (const Finding& f : report.findings) {
    if (!f.key_last_written || answer_of(f) <= Answer::informs) continue;
    const std::string row = row_name(f);
    own += fmt::format("  key last written {}: {}\n", iso_time(*f.key_last_written).value_or("?"),
                       html_text(f.id + (row.empty() ? "" : " ") + row));
  }
  return own;
}

class HtmlWriter final : public TargetWriter {
 public:
  HtmlWriter(Command command, const WriteOptions& options, std::ostream& out)
      : options_(options), out_(out), to_do_(command) {}

  void target(const TargetReport& target) override {
    to_do_.add(target);
    if (target.error) {
      const char* what =
          target.interrupted ? to_string(*target.interrupted) : to_string(target.error->kind());
      errors_.add(
          fmt::format("<tr><th scope=\"row\">{}</th><td class=\"error\">{}</td><td>{}</td></tr>\n",
                      html_code(target.path), what, html_text(target.error->what())));
    } else if (target.installations.empty()) {
      notes_.add(fmt::format("<li>{}: no Windows in it</li>\n", html_code(target.path)));
    }
    for (const InstallationReport& i : target.installations) installation(i);
    const auto note = [&](const std::string& text) {
      notes_.add(fmt::format("<li>{}: {}</li>\n", html_code(target.path), html_text(text)));
    };
    if (target.backup) note(describe_backup(*target.backup));
    for (const std::string& text : target.notes) note(text);
    for (const std::string& undo : describe_left_undo_files(target)) note("undo file: " + undo);
  }

  void finish(const Report& report) override {
    const std::vector<ToDo::Line> left = to_do_.lines(options_);
    head(report, !left.empty());
    about(report);
    overview(report);
    if (!left.empty()) what_to_do(left);
    if (!errors_.empty()) {
      begin_html_part(errors_part, out_);
      constexpr std::array<std::string_view, 3> columns = {"Target", "Kind", "Reason"};
      begin_html_table("", "Errors", "Targets without a verdict, or not all of one", columns, out_);
      errors_.write(out_);
      end_html_table(out_);
      end_html_part(out_);
    }
    if (!cases_.empty()) {
      installations();
      begin_html_part(findings_part, out_);
      for (std::size_t i = 0; i < cases_.size(); ++i) card(cases_[i], i);
      end_html_part(out_);
    }
    if (!notes_.empty()) {
      begin_html_part(notes_part, out_);
      out_ << "<ul>\n";
      notes_.write(out_);
      out_ << "</ul>\n";
      end_html_part(out_);
    }
    waivers(report.waivers);
    write_html_glossary(out_);
    end_html(out_);
  }

 private:
  /// Installations that say the same.
  struct Case {
    const std::string* body;
    Status status;
    std::string words;  ///< of the status
    std::string open;   ///< checks that fail or stay open
    std::string first;  ///< the id of the first of them
    std::uint64_t count = 0;
    Pieces own;
  };

  void head(const Report& report, bool something_to_do) {
    std::vector<HtmlPart> parts = {html_about_part, overview_part};
    if (something_to_do) parts.push_back(to_do_part);
    if (!errors_.empty()) parts.push_back(errors_part);
    if (!cases_.empty()) parts.insert(parts.end(), {installations_part, findings_part});
    if (!notes_.empty()) parts.push_back(notes_part);
    if (!report.waivers.empty()) parts.push_back(waivers_part);
    parts.push_back(html_glossary_part);
    const char* command = to_string(report.command);
    const std::string status = totals_.status(report.status);
    begin_html(fmt::format("goldhive {}: {}", command, status),
               fmt::format("goldhive {}: {}", command, html_status(report.status, status)),
               fmt::format("Policy {}, goldhive {}", html_code(report.head.policy),
                           html_text(report.head.tool_version)),
               parts, out_);
  }

  void about(const Report& report) {
    const Summary& s = report.summary;
    std::string lead = fmt::format(
        "goldhive opened the registry of {} of Windows in {}, none of which was running, {}. "
        "What is right and what is not says the policy {}.",
        counted(s.installations, "installation"),
        counted(s.targets, "target") + " (images, disks or folders)", deed_of(report.command),
        html_code(report.head.policy));
    if (!report.head.config.empty()) {
      lead += fmt::format(" Options were those of {}.", html_code(report.head.config));
    }
    write_html_about(lead, status_words, out_);
  }

  void what_to_do(const std::vector<ToDo::Line>& lines) {
    begin_html_part(to_do_part, out_);
    out_ << "<dl>\n";
    for (const ToDo::Line& line : lines) {
      out_ << "<dt>" << html_text(line.what) << "</dt><dd>";
      if (!line.check.empty()) {
        out_ << fmt::format("see <a href=\"#{0}\">{0}</a>, what fixes it", html_text(line.check));
      } else {
        out_ << (line.is_command ? html_code(line.how) : html_text(line.how));
      }
      out_ << "</dd>\n";
    }
    out_ << "</dl>\n";
    end_html_part(out_);
  }

  void overview(const Report& report) {
    const Summary& s = report.summary;
    begin_html_part(overview_part, out_);
    out_ << "<ul class=\"tiles\">\n";
    const auto tile = [this](std::uint64_t n, std::string_view text, std::string_view kind,
                             bool always = false) {
      if (n == 0 && !always) return;
      out_ << fmt::format("<li class=\"{}\"><b>{}</b> {}</li>\n", n == 0 ? "" : kind, n, text);
    };
    tile(s.installations, "installations in " + counted(s.targets, "target"), "", true);
    tile(totals_.with(Status::findings), "with findings", "fail", true);
    tile(totals_.with(Status::undetermined), "undetermined", "undetermined", true);
    tile(s.errors, "targets with errors", "fail", true);
    tile(totals_.warned, "with warnings only", "warn");
    tile(totals_.with(Status::compliant), "compliant", "pass", true);
    tile(totals_.with(Status::not_applicable), "not applicable", "");
    tile(totals_.need_update, "without KB3140245", "fail", true);
    tile(totals_.need_patch, "that a patch puts right, in part or all", "fail", true);
    tile(totals_.refused, "where a patch is refused", "fail");
    tile(s.waived, "rows waived", "");
    tile(s.not_begun, "targets not begun", "undetermined");
    tile(s.passed_over, "files passed over, no image", "");
    out_ << "</ul>\n";
    by_check();
    end_html_part(out_);
  }

  void by_check() {
    if (checks_.empty()) return;
    constexpr std::array<std::string_view, 6> columns = {"Check", "fail",   "undetermined",
                                                         "warn",  "waived", "pass"};
    begin_html_table("", "By check", "Installations by check, each by its worst row", columns,
                     out_);
    for (const policy::Check& check : policy::all_checks()) {
      const auto found = checks_.find(check.id);
      if (found == checks_.end()) continue;
      out_ << fmt::format("<tr><th scope=\"row\"><a href=\"#{0}\"><code>{0}</code></a></th>",
                          check.id);
      for (const Answer answer :
           {Answer::fail, Answer::undetermined, Answer::warn, Answer::waived, Answer::pass}) {
        const std::uint64_t n = found->second.at(static_cast<std::size_t>(answer));
        out_ << fmt::format("<td class=\"{}\">{}</td>", n == 0 ? "soft" : to_string(answer), n);
      }
      out_ << "</tr>\n";
    }
    end_html_table(out_);
  }

  void installations() {
    begin_html_part(installations_part, out_);
    out_ << "<form id=\"filter\" hidden>\n";
    std::set<std::string> statuses;
    for (const Case& each : cases_) statuses.insert(each.words);
    write_html_choice("Status", "status", {statuses.begin(), statuses.end()}, out_);
    std::vector<std::string> open;
    for (const auto& [id, counts] : checks_) {
      if (counts.at(static_cast<std::size_t>(Answer::fail)) +
              counts.at(static_cast<std::size_t>(Answer::undetermined)) >
          0) {
        open.push_back(id);
      }
    }
    write_html_choice("Check that fails or stays open", "check", open, out_);
    out_ << "<label>Text<input id=\"text\" type=\"search\"></label>\n"
            "<button type=\"reset\">Show all</button>\n"
            "<button type=\"button\" id=\"fold\" aria-pressed=\"false\">Unfold all</button>\n"
            "<output id=\"count\"></output>\n</form>\n";
    std::vector<std::string_view> columns = {"Installation", "System", "Status"};
    columns.insert(columns.end(), questions.begin(), questions.end());
    begin_html_table("table", "Installations",
                     "The worst row about each; empty where the policy asks nothing", columns,
                     out_);
    rows_.write(out_);
    end_html_table(out_);
    end_html_part(out_);
  }

  void installation(const InstallationReport& report) {
    totals_.add(report);
    std::map<std::string, Answer> worst;
    for (const Finding& f : report.findings) {
      if (f.only_informs) continue;
      Answer& answer = worst[f.id];
      answer = std::max(answer, answer_of(f));
    }
    std::string open;
    for (const auto& [id, answer] : worst) {
      ++checks_[id].at(static_cast<std::size_t>(answer));
      if (answer >= Answer::undetermined) open += (open.empty() ? "" : " ") + id;
    }
    const auto [known, is_new] = places_.try_emplace(body_of(report), cases_.size());
    const std::string status = status_in_words(report);
    if (is_new) {
      cases_.push_back({&known->first, report.status, status, open, report.facts.id, 0, {}});
    }
    Case& of = cases_[known->second];
    ++of.count;
    const std::string id = html_text(report.facts.id);
    if (const std::string own = own_of(report); !own.empty()) of.own.add(id + '\n' + own);
    std::string row = fmt::format(
        "<tr><th scope=\"row\"><a href=\"#i{}\">{}</a></th><td>{}</td><td class=\"{}\">{}</td>",
        known->second + 1, id, html_text(describe_system(report.facts)), to_string(report.status),
        status);
    for (const Answer answer : answers_of(report)) {
      const char* text = to_string(answer);
      const bool plain = answer == Answer::not_asked || answer == Answer::not_applicable;
      row += plain ? fmt::format("<td>{}</td>", text)
                   : fmt::format("<td class=\"{0}\">{0}</td>", text);
    }
    rows_.add(row + "</tr>\n");
  }

  void card(const Case& of, std::size_t place) {
    out_ << fmt::format(
        "<article id=\"i{}\" class=\"is-{}\" data-status=\"{}\" data-open=\"{}\">\n<h3>{}{}</h3>\n",
        place + 1, to_string(of.status), of.words, html_text(of.open), html_code(of.first),
        of.count > 1 ? fmt::format(" and {} more that say the same", of.count - 1) : "");
    out_ << *of.body;
    if (!of.own.empty()) {
      out_ << "<details class=\"own\"><summary class=\"soft\">Hives and times of keys";
      if (of.count > 1) out_ << fmt::format(", of {}", counted(of.count, "installation"));
      out_ << "</summary><pre>";
      of.own.write(out_);
      out_ << "</pre></details>\n";
    }
    out_ << "</article>\n";
  }

  void waivers(const std::vector<WaiverReport>& waivers) {
    if (waivers.empty()) return;
    begin_html_part(waivers_part, out_);
    constexpr std::array<std::string_view, 5> columns = {"Check", "Target", "Reason", "Until",
                                                         "Rows"};
    begin_html_table(
        "", "Waivers",
        "Waivers of the policy, and the rows that each accepts, or would if it had not expired",
        columns, out_);
    for (const WaiverReport& w : waivers) {
      out_ << fmt::format(
          "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}{}</td><td>{}</td></tr>\n",
          html_code(w.waiver.check), html_code(w.waiver.target), html_text(w.waiver.reason),
          html_text(w.waiver.until), w.expired ? " <span class=\"error\">expired</span>" : "",
          w.rows);
    }
    end_html_table(out_);
    end_html_part(out_);
  }

  WriteOptions options_;
  std::ostream& out_;
  ToDo to_do_;
  Totals totals_;
  /// By check: installations by their worst answer.
  std::map<std::string, std::array<std::uint64_t, 8>, std::less<>> checks_;
  std::unordered_map<std::string, std::size_t> places_;  ///< of cases, by what is said of them
  std::vector<Case> cases_;
  Pieces errors_, rows_, notes_;
};

}  // namespace

Writer html_writer(Command command, const WriteOptions& options, std::ostream& out) {
  return std::make_unique<HtmlWriter>(command, options, out);
}

}  // namespace goldhive::report
