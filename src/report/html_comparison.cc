// What changed between two reports as a page for people.
#include <fmt/format.h>

#include <array>
#include <set>

#include "src/report/answers.h"
#include "src/report/compare.h"
#include "src/report/html_parts.h"
#include "src/report/text_layout.h"
#include "src/report/text_rows.h"
#include "src/report/writers.h"

namespace goldhive::report {
namespace {

using policy::Finding;

/// The parts of the page, in the order in which they are read.
struct ChangePart {
  Change change;
  HtmlPart part;
  std::string_view caption;
};
constexpr std::array change_parts = {
    ChangePart{Change::appeared, {"new", "New"}, "Rows that count now and did not before"},
    ChangePart{Change::changed,
               {"changed", "Changed"},
               "Rows that counted and say something else now, are waived or are milder"},
    ChangePart{Change::fixed,
               {"fixed", "Fixed"},
               "Rows that counted and pass, do not apply or are not there any more"},
    ChangePart{Change::gone, {"gone", "Gone"}, "What installations that are gone had"},
    ChangePart{Change::unreachable,
               {"unreachable", "Unreachable"},
               "What installations had that could not be read any more"},
    ChangePart{Change::unchanged, {"unchanged", "Unchanged"}, "Rows that count as before"}};

/// Of an installation that is listed although no row of it may be.
bool is_listed_whole(const InstallationChange& change, Change kind) {
  return change.change == kind && (kind == Change::gone || kind == Change::unreachable);
}

class ComparisonPage {
 public:
  ComparisonPage(const Comparison& comparison, const WriteOptions& options, std::ostream& out)
      : comparison_(comparison), options_(options), out_(out) {}

  void write() {
    std::vector<HtmlPart> parts = {html_about_part, {"overview", "Overview"}};
    for (const ChangePart& each : change_parts) {
      if (is_shown(each.change)) parts.push_back(each.part);
    }
    parts.push_back(html_glossary_part);
    const std::string news = describe_news(comparison_.counts);
    begin_html(
        "goldhive compare: " + news,
        fmt::format("goldhive compare: <span class=\"{}\">{}</span>", to_string(comparison_.status),
                    news),
        fmt::format("From {} to {}, goldhive {}", html_code(comparison_.before.file),
                    html_code(comparison_.after.file), html_text(options_.head.tool_version)),
        parts, out_);
    about();
    overview(parts[1]);
    filter();
    for (const ChangePart& each : change_parts) {
      if (is_shown(each.change)) part(each);
    }
    write_html_glossary(out_);
    end_html(out_);
  }

 private:
  bool is_shown(Change change) const {
    if (change == Change::unchanged && !options_.all) return false;
    return comparison_.counts.of(change) > 0 ||
           (comparison_.counts.installations_of(change) > 0 &&
            (change == Change::gone || change == Change::unreachable));
  }

  void about() {
    std::vector<HtmlWord> words;
    for (const ChangePart& each : change_parts) words.push_back({each.part.title, each.caption});
    write_html_about(
        fmt::format(
            "This page says what changed from one report of goldhive {} to a later one. "
            "goldhive opens the registry of Windows installations that are not running, and "
            "judges their TLS settings by a policy, here {}.",
            to_string(comparison_.command), html_code(comparison_.after.head.policy)),
        words, out_);
  }

  /// Of the rows of all parts.
  void filter() {
    std::set<std::string> checks;
    std::set<std::string> verdicts;
    for (const InstallationChange& change : comparison_.installations) {
      for (const RowChange& row : change.rows) {
        if (!is_shown(row.change)) continue;
        const Finding f = comparison_.shown(row);
        checks.insert(f.id);
        if (!is_gone(row)) verdicts.insert(to_string(answer_of(f)));
      }
    }
    if (checks.empty()) return;
    out_ << "<form id=\"filter-changes\" hidden>\n";
    write_html_choice("Check", "check", {checks.begin(), checks.end()}, out_);
    write_html_choice("Verdict", "verdict", {verdicts.begin(), verdicts.end()}, out_);
    out_ << "<label>Text<input id=\"text\" type=\"search\"></label>\n"
            "<button type=\"reset\">Show all</button>\n<output id=\"count\"></output>\n</form>\n";
  }

  static bool is_gone(const RowChange& row) { return row.change == Change::fixed && !row.after; }

  void overview(const HtmlPart& part) {
    const Comparison::Counts& counts = comparison_.counts;
    begin_html_part(part, out_);
    if (const std::vector<std::string> remarks = comparison_.remarks(); !remarks.empty()) {
      out_ << "<ul>\n";
      for (const std::string& remark : remarks) out_ << "<li>" << html_text(remark) << ".</li>\n";
      out_ << "</ul>\n";
    }
    constexpr std::array<std::string_view, 3> columns = {"Change", "Rows", "Installations"};
    begin_html_table("", "Overview", "Rows and installations by what became of them", columns,
                     out_);
    for (const ChangePart& each : change_parts) {
      const std::string_view title = each.part.title;
      out_ << fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>\n",
                          is_shown(each.change)
                              ? fmt::format("<a href=\"#{}\">{}</a>", each.part.id, title)
                              : std::string(title),
                          counts.of(each.change), counts.installations_of(each.change));
    }
    end_html_table(out_);
    if (counts.read_in_neither > 0) {
      out_ << fmt::format("<p>{} could be read in neither report.</p>\n",
                          counted(counts.read_in_neither, "target"));
    }
    end_html_part(out_);
  }

  void part(const ChangePart& of) {
    begin_html_part(of.part, out_);
    whole(of.change);
    if (comparison_.counts.of(of.change) > 0) {
      constexpr std::array<std::string_view, 5> columns = {"Installation", "Verdict", "Check",
                                                           "Finding", "Severity"};
      begin_html_table(fmt::format("rows-{}", of.part.id), of.part.title, of.caption, columns,
                       out_);
      for (const InstallationChange& change : comparison_.installations) {
        for (const RowChange& each : change.rows) {
          if (each.change == of.change) row(change, each);
        }
      }
      end_html_table(out_);
    }
    end_html_part(out_);
  }

  void whole(Change kind) {
    bool begun = false;
    for (const InstallationChange& change : comparison_.installations) {
      if (!is_listed_whole(change, kind)) continue;
      out_ << (begun ? "" : "<ul>\n") << "<li>" << html_code(change.name())
           << (change.error.empty() ? "" : ": ") << html_text(change.error) << "</li>\n";
      begun = true;
    }
    if (begun) out_ << "</ul>\n";
  }

  void row(const InstallationChange& change, const RowChange& row) {
    const Finding f = comparison_.shown(row);
    std::string text =
        html_text(is_gone(row) ? describe_row(f, change.facts(), true) + ": not there any more"
                               : row_message({{&f}}, change.facts(), true));
    const std::optional<Finding> before = comparison_.before_of(row);
    if (before && (row.change == Change::changed || row.change == Change::fixed)) {
      text += fmt::format("<br>before: {}: {}", html_word(to_string(answer_of(*before))),
                          html_text(what_is_said(*before)));
    }
    out_ << fmt::format(
        "<tr><th scope=\"row\">{}</th><td>{}</td><td><a href=\"#{}\">{}</a></td><td>{}</td>"
        "<td>{}</td></tr>\n",
        html_text(change.name()), is_gone(row) ? "" : html_word(to_string(answer_of(f))),
        html_text(f.id), html_code(f.id), text, f.waived ? "" : policy::to_string(f.severity));
  }

  const Comparison& comparison_;
  WriteOptions options_;
  std::ostream& out_;
};

}  // namespace

void write_html_comparison(const Comparison& comparison, const WriteOptions& options,
                           std::ostream& out) {
  ComparisonPage(comparison, options, out).write();
}

}  // namespace goldhive::report
