// The report as one page for people: what is wrong with how many images first, then each of them.
//
// The page needs nothing but itself: no network, and no script to be complete. The script adds
// filters, search, sorting and folding. What stands in it may come from a hive, so all of it is
// escaped, and a policy of the page itself (Content-Security-Policy) lets run only the style and
// the script whose digests it names: even markup that slipped through could load and run nothing.
//
// The overview comes first and is known last, so the page is held until then: a line and a section
// for each installation, in which the rows that pass are a line each and long texts are cut. One
// element more in each row is seconds for a browser that opens thousands of installations; what is
// behind a row is therefore one block of text.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "imgtools/bytes/digest.h"
#include "src/policy/checks.h"
#include "src/report/answers.h"
#include "src/report/html_page.h"
#include "src/report/printable.h"
#include "src/report/row_parts.h"
#include "src/report/text_layout.h"
#include "src/report/text_rows.h"
#include "src/report/writers.h"

namespace goldhive::report {
namespace {

using policy::Finding;

std::string base64(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t rest = bytes.size() - i;
    const std::uint32_t group = (static_cast<std::uint32_t>(bytes[i]) << 16) |
                                (rest > 1 ? static_cast<std::uint32_t>(bytes[i + 1]) << 8 : 0) |
                                (rest > 2 ? bytes[i + 2] : 0);
    for (unsigned digit = 0; digit < 4; ++digit) {
      out += digit > rest ? '=' : digits[(group >> (18 - 6 * digit)) & 0x3f];
    }
  }
  return out;
}

std::string source_digest(std::string_view text) {
  return "'sha256-" + base64(sha256(text)) + "'";
}

/// Text of the page. One that is longer than anybody reads is cut.
std::string shown(std::string_view untrusted) {
  constexpr std::size_t longest = 4'000;
  if (untrusted.size() <= longest) return markup_text(untrusted);
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(untrusted[end]) & 0xc0) == 0x80) --end;
  return markup_text(untrusted.substr(0, end)) + " [cut]";
}

std::string code(std::string_view untrusted) { return "<code>" + shown(untrusted) + "</code>"; }

std::string word(const char* text) { return fmt::format("<span class=\"{0}\">{0}</span>", text); }

std::string answer_word(Answer answer) {
  return answer == Answer::not_asked || answer == Answer::not_applicable ? to_string(answer)
                                                                         : word(to_string(answer));
}

std::string row_text(const Finding& f, const windows::Installation& facts) {
  const std::string row = describe_row(f, facts, true);
  return (row.empty() ? "" : row + ": ") + f.message;
}

/// A row that is not as it should be, with what is behind it.
std::string open_row(const Finding& f, const windows::Installation& facts) {
  const Answer answer = answer_of(f);
  std::string line = row_text(f, facts);
  if (f.possibly_stale) line += " [possibly stale]";
  if (f.waived) line += fmt::format(" [{}, waived: {}]", to_string(f.verdict), f.waiver_reason);
  std::string behind;
  const auto add = [&behind](std::string_view text) {
    if (!text.empty()) behind += shown(text) + '\n';
  };
  add(f.key);
  add(value_and_wish(f));
  if (f.key_last_written) add("key last written " + iso_time(*f.key_last_written).value_or("?"));
  for (const std::string& text : f.evidence) add(text);
  if (f.fixable()) add("goldhive patch can change it");
  const std::string severity =
      answer == Answer::fail || answer == Answer::warn ? policy::to_string(f.severity) : "";
  const std::string text = fmt::format(
      "<span class=\"sign {0}\">{0}{1}{2}</span> <code>{3}</code> {4}", to_string(answer),
      severity.empty() ? "" : ", ", severity, markup_text(f.id), shown(line));
  if (behind.empty()) return "<p>" + text + "</p>\n";
  return fmt::format("<details><summary>{}</summary><pre>{}</pre></details>\n", text, behind);
}

/// Rows of which there is little to say, a line each.
std::string quiet_rows(const InstallationReport& report, std::string_view title,
                       bool (*wanted)(Answer)) {
  std::string lines;
  std::size_t count = 0;
  for (const Finding& f : report.findings) {
    if (!wanted(answer_of(f))) continue;
    ++count;
    lines += shown(f.id + "  " + row_text(f, report.facts)) + '\n';
  }
  if (count == 0) return "";
  return fmt::format("<details><summary class=\"soft\">{} {}</summary><pre>{}</pre></details>\n",
                     counted(count, "row"), title, lines);
}

std::string table_head(std::string_view caption, std::span<const std::string_view> columns) {
  std::string out = fmt::format("<caption>{}</caption><thead><tr>", caption);
  for (const std::string_view column : columns) {
    out += fmt::format("<th scope=\"col\">{}</th>", column);
  }
  return out + "</tr></thead>\n";
}

std::string listed(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += "<li>" + shown(line) + "</li>\n";
  return out.empty() ? "" : "<ul>\n" + out + "</ul>\n";
}

class HtmlWriter final : public TargetWriter {
 public:
  explicit HtmlWriter(std::ostream& out) : out_(out) {}

  void target(const TargetReport& target) override {
    if (target.error) {
      const char* what =
          target.interrupted ? to_string(*target.interrupted) : to_string(target.error->kind());
      errors_ +=
          fmt::format("<tr><th scope=\"row\">{}</th><td class=\"error\">{}</td><td>{}</td></tr>\n",
                      code(target.path), what, shown(target.error->what()));
    } else if (target.installations.empty()) {
      notes_ += fmt::format("<li>{}: no Windows in it</li>\n", code(target.path));
    }
    for (const InstallationReport& i : target.installations) installation(i);
    const auto note = [&](const std::string& text) {
      notes_ += fmt::format("<li>{}: {}</li>\n", code(target.path), shown(text));
    };
    if (target.backup) note(describe_backup(*target.backup));
    for (const std::string& text : target.notes) note(text);
    if (target.undo) note("undo file: " + *target.undo);
  }

  void finish(const Report& report) override {
    head(report);
    overview(report);
    if (!errors_.empty()) {
      section("errors", "Errors");
      constexpr std::array<std::string_view, 3> columns = {"Target", "Kind", "Reason"};
      out_ << "<div class=\"wide\" role=\"region\" aria-label=\"Errors\" tabindex=\"0\"><table>\n"
           << table_head("Targets without a verdict, or not all of one", columns) << "<tbody>\n"
           << errors_ << "</tbody></table></div>\n</section>\n";
    }
    if (cards_count_ > 0) installations();
    if (!notes_.empty()) {
      section("notes", "Notes about targets");
      out_ << "<ul>\n" << notes_ << "</ul>\n</section>\n";
    }
    waivers(report.waivers);
    glossary();
    out_ << "</main>\n<script>" << html_script << "</script>\n</body>\n</html>\n";
  }

 private:
  void section(std::string_view id, std::string_view title) {
    out_ << fmt::format("<section id=\"{0}\">\n<h2>{1}</h2>\n", id, title);
  }

  void head(const Report& report) {
    const std::string title =
        fmt::format("goldhive {}: {}", to_string(report.command), to_string(report.status));
    out_ << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
         << source_digest(html_style) << "; script-src " << source_digest(html_script)
         << "; base-uri 'none'; form-action 'none'\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<meta name=\"referrer\" content=\"no-referrer\">\n<title>"
         << title << "</title>\n<style>" << html_style
         << "</style>\n</head>\n<body>\n<header>\n<h1>"
         << fmt::format("goldhive {}: {}", to_string(report.command),
                        word(to_string(report.status)))
         << fmt::format(
                "</h1>\n<p>Policy {}, goldhive {}</p>\n</header>\n<nav "
                "aria-label=\"Parts of the report\"><ul>\n",
                code(report.head.policy), shown(report.head.tool_version));
    const auto link = [this](bool there, std::string_view id, std::string_view name) {
      if (there) out_ << fmt::format("<li><a href=\"#{}\">{}</a></li>\n", id, name);
    };
    link(true, "overview", "Overview");
    link(!errors_.empty(), "errors", "Errors");
    link(cards_count_ > 0, "installations", "Installations");
    link(cards_count_ > 0, "findings", "Findings");
    link(!notes_.empty(), "notes", "Notes");
    link(!report.waivers.empty(), "waivers", "Waivers");
    link(true, "checks", "Checks");
    out_ << "</ul></nav>\n<main>\n";
  }

  void overview(const Report& report) {
    const Summary& s = report.summary;
    section("overview", "Overview");
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
    out_ << "</section>\n";
  }

  void by_check() {
    if (checks_.empty()) return;
    constexpr std::array<std::string_view, 6> columns = {"Check", "fail",   "undetermined",
                                                         "warn",  "waived", "pass"};
    out_ << "<div class=\"wide\" role=\"region\" aria-label=\"By check\" tabindex=\"0\"><table>\n"
         << table_head("Installations by check, each by its worst row", columns) << "<tbody>\n";
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
    out_ << "</tbody></table></div>\n";
  }

  void installations() {
    section("installations", "Installations");
    out_ << "<form id=\"filter\" hidden>\n<label>Status<select id=\"status\">"
            "<option value=\"\">all</option>";
    for (const Status s : {Status::findings, Status::undetermined, Status::compliant,
                           Status::not_applicable, Status::error}) {
      if (totals_.with(s) > 0) out_ << fmt::format("<option>{}</option>", to_string(s));
    }
    out_ << "</select></label>\n<label>Check that fails or stays open<select id=\"check\">"
            "<option value=\"\">any</option>";
    for (const auto& [id, counts] : checks_) {
      if (counts.at(static_cast<std::size_t>(Answer::fail)) +
              counts.at(static_cast<std::size_t>(Answer::undetermined)) >
          0) {
        out_ << fmt::format("<option>{}</option>", shown(id));
      }
    }
    out_ << "</select></label>\n<label>Text<input id=\"text\" type=\"search\"></label>\n"
            "<button type=\"reset\">Show all</button>\n"
            "<button type=\"button\" id=\"fold\" aria-pressed=\"false\">Unfold all</button>\n"
            "<output id=\"count\"></output>\n</form>\n<div class=\"wide\" role=\"region\" "
            "aria-label=\"Installations\" tabindex=\"0\"><table id=\"table\">\n";
    std::vector<std::string_view> columns = {"Installation", "System", "Status"};
    columns.insert(columns.end(), questions.begin(), questions.end());
    out_ << table_head("The worst row about each; empty where the policy asks nothing", columns)
         << "<tbody>\n"
         << rows_ << "</tbody></table></div>\n</section>\n";
    section("findings", "Findings");
    out_ << cards_ << "</section>\n";
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
    const std::string card = fmt::format("i{}", ++cards_count_);
    const char* status = to_string(report.status);
    rows_ += fmt::format(
        "<tr data-card=\"{}\" data-status=\"{}\" data-open=\"{}\"><th scope=\"row\"><a "
        "href=\"#{}\">{}</a></th><td>{}</td><td>{}</td>",
        card, status, shown(open), card, code(report.facts.id),
        shown(describe_system(report.facts)), word(status));
    for (const Answer answer : answers_of(report)) {
      rows_ += "<td>" + answer_word(answer) + "</td>";
    }
    rows_ += "</tr>\n";
    cards_ += fmt::format("<article id=\"{}\" class=\"is-{}\">\n<h3>{}</h3>\n<p>{}, {}</p>\n", card,
                          status, code(report.facts.id), shown(describe_system(report.facts)),
                          word(status));
    open_rows(report);
    changes(report);
    quiet_parts(report);
    std::vector<std::string> notes = report.facts.warnings;
    const auto& conflicts = report.facts.os.conflicts;
    notes.insert(notes.end(), conflicts.begin(), conflicts.end());
    if (report.facts.control_sets.boots_another()) notes.push_back(report.facts.control_sets.note);
    cards_ += listed(notes) + "</article>\n";
  }

  void open_rows(const InstallationReport& report) {
    for (const Answer wanted : {Answer::fail, Answer::undetermined, Answer::warn, Answer::waived}) {
      for (const Finding& f : report.findings) {
        if (answer_of(f) == wanted) cards_ += open_row(f, report.facts);
      }
    }
  }

  void quiet_parts(const InstallationReport& report) {
    cards_ += quiet_rows(report, "for information", [](Answer a) { return a == Answer::informs; });
    cards_ +=
        quiet_rows(report, "not applicable", [](Answer a) { return a == Answer::not_applicable; });
    cards_ += quiet_rows(report, "passed", [](Answer a) { return a == Answer::pass; });
    std::string hives;
    for (const windows::HiveFact& hive : report.facts.hives)
      hives += shown(describe_hive(hive)) + '\n';
    if (hives.empty()) return;
    cards_ +=
        "<details><summary class=\"soft\">Hives</summary><pre>" + hives + "</pre></details>\n";
  }

  void changes(const InstallationReport& report) {
    if (report.planned_in_vain()) {
      cards_ +=
          "<p><span class=\"error\">A patch refuses</span>: " + shown(report.refusal->what()) +
          "</p>\n";
    }
    if (!report.changes || report.changes->empty()) return;
    const std::string title = report.changed.value_or(false) ? "Changed" : "Changes of a patch";
    std::string lines;
    for (const std::string& line : diff_lines(*report.changes)) lines += shown(line) + '\n';
    cards_ +=
        fmt::format("<details open><summary>{}</summary><pre>{}</pre></details>\n", title, lines);
  }

  void waivers(const std::vector<WaiverReport>& waivers) {
    if (waivers.empty()) return;
    section("waivers", "Waivers");
    constexpr std::array<std::string_view, 5> columns = {"Check", "Target", "Reason", "Until",
                                                         "Rows"};
    out_ << "<div class=\"wide\" role=\"region\" aria-label=\"Waivers\" tabindex=\"0\"><table>\n"
         << table_head(
                "Waivers of the policy, and the rows that each accepts, or would if it had not "
                "expired",
                columns)
         << "<tbody>\n";
    for (const WaiverReport& w : waivers) {
      out_ << fmt::format(
          "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}{}</td><td>{}</td></tr>\n",
          code(w.waiver.check), code(w.waiver.target), shown(w.waiver.reason),
          shown(w.waiver.until), w.expired ? " <span class=\"error\">expired</span>" : "", w.rows);
    }
    out_ << "</tbody></table></div>\n</section>\n";
  }

  void glossary() {
    section("checks", "Checks");
    for (const policy::Check& check : policy::all_checks()) {
      const policy::Explanation& e = check.explanation;
      out_ << fmt::format(
          "<article id=\"{0}\">\n<h3><code>{0}</code></h3>\n<p>{1}</p>\n<dl><dt>What it means</dt>"
          "<dd>{2}</dd><dt>Why it matters</dt><dd>{3}</dd><dt>What fixes it</dt><dd>{4}</dd>"
          "<dt>Who says so</dt><dd>{5}</dd></dl>\n</article>\n",
          check.id, shown(e.summary), shown(e.meaning), shown(e.why), shown(e.fix),
          shown(e.source));
    }
    out_ << "</section>\n";
  }

  std::ostream& out_;
  Totals totals_;
  /// By check: installations by their worst answer.
  std::map<std::string, std::array<std::uint64_t, 8>, std::less<>> checks_;
  std::string errors_, rows_, cards_, notes_;
  std::uint64_t cards_count_ = 0;
};

}  // namespace

Writer html_writer(Command, const WriteOptions&, std::ostream& out) {
  return std::make_unique<HtmlWriter>(out);
}

}  // namespace goldhive::report
