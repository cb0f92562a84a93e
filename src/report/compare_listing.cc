// What changed between two reports, for a person: a section for each kind of change, with the rows
// of an installation below its name, and a line of counts. As everywhere in text, what a check says
// of several control sets or of both views in the same words is one row.
#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "src/report/compare.h"
#include "src/report/printable.h"
#include "src/report/text_layout.h"
#include "src/report/text_rows.h"
#include "src/report/writers.h"

namespace goldhive::report {
namespace {

using policy::Finding;

/// Rows that are folded together only if they said the same before, too.
struct SaidBefore {
  std::string before;  ///< "fail: not set"; "" where it tells nothing
  std::vector<const Finding*> rows;
};

class ComparisonListing {
 public:
  ComparisonListing(const Comparison& comparison, const WriteOptions& options, std::ostream& out)
      : comparison_(comparison), options_(options), lines_(out, options) {}

  void write() {
    lines_.folded("", 0,
                  fmt::format("From {} to {}.", printable(comparison_.before.file),
                              printable(comparison_.after.file)));
    for (const std::string& remark : comparison_.remarks()) {
      lines_.folded("Beware: ", 8, printable(remark) + ".");
    }
    section(Change::appeared, "New", Color::red);
    section(Change::changed, "Changed", Color::yellow);
    section(Change::fixed, "Fixed", Color::green);
    section(Change::gone, "Gone", Color::yellow);
    section(Change::unreachable, "Unreachable", Color::red);
    section(Change::unchanged, "Unchanged", Color::none);
    lines_.folded("", 0, tally());
  }

 private:
  void section(Change kind, std::string_view title, Color color) {
    const bool shown = !options_.summary_only && (kind != Change::unchanged || options_.all);
    bool begun = false;
    for (const InstallationChange& change : comparison_.installations) {
      kept_.clear();
      std::vector<std::pair<TextRow, std::string>> rows;
      for (const SaidBefore& group : groups(change, kind)) {
        for (TextRow& row : folded(group.rows)) rows.emplace_back(std::move(row), group.before);
      }
      rows_.at(static_cast<std::size_t>(kind)) += rows.size();
      if (!shown || (rows.empty() && !is_whole(change, kind))) continue;
      if (!begun) lines_.plain(title, color);
      begun = true;
      lines_.right_aligned(printable(change.name()), "", "", Color::none);
      if (!change.error.empty()) lines_.folded("  ", 2, reason_of(change));
      std::size_t id_width = 0;
      for (const auto& [row, before] : rows) {
        id_width = std::max(id_width, display_width(printable(row.first().id)));
      }
      for (const auto& [row, before] : rows) show(row, before, change.facts(), id_width);
    }
  }

  /// Of an installation that is listed although no row of it is.
  static bool is_whole(const InstallationChange& change, Change kind) {
    const bool in_neither = kind == Change::unchanged && !change.error.empty();
    return change.change == kind &&
           (kind == Change::gone || kind == Change::unreachable || in_neither);
  }

  std::vector<SaidBefore> groups(const InstallationChange& change, Change kind) {
    std::vector<SaidBefore> all;
    for (const RowChange& row : change.rows) {
      if (row.change != kind) continue;
      const std::string before = said_before(row);
      kept_.push_back(comparison_.shown(row));
      Finding& f = kept_.back();
      if (kind == Change::fixed && !row.after) {
        f.verdict = policy::Verdict::not_applicable;
        f.message = "is not there any more";
      }
      const auto same = std::find_if(
          all.begin(), all.end(), [&](const SaidBefore& group) { return group.before == before; });
      if (same == all.end()) {
        all.push_back({before, {&f}});
      } else {
        same->rows.push_back(&f);
      }
    }
    return all;
  }

  std::string said_before(const RowChange& row) const {
    if (row.change != Change::changed && row.change != Change::fixed) return "";
    const Finding before = *comparison_.before_of(row);
    std::string text = fmt::format("{}: {}", policy::to_string(before.verdict), before.message);
    const Finding now = comparison_.shown(row);
    const bool other_value = before.actual != now.actual && before.message == now.message;
    if (other_value) text += fmt::format(" [{}]", before.actual.value_or("absent"));
    if (before.severity != now.severity) {
      text += fmt::format(" [{}]", policy::to_string(before.severity));
    }
    return printable(text);
  }

  void show(const TextRow& row, const std::string& before, const windows::Installation& facts,
            std::size_t id_width) {
    const Finding& f = row.first();
    const Style style = style_of(f);
    const bool graded = f.verdict == policy::Verdict::fail || f.verdict == policy::Verdict::warn;
    lines_.row(style.verdict, style.color, printable(f.id), id_width, row_message(row, facts, true),
               graded && !f.waived ? policy::to_string(f.severity) : "");
    if (!before.empty()) lines_.folded("        before: ", 16, before);
  }

  std::string tally() const {
    std::string text;
    for (std::size_t i = 0; i < change_count; ++i) {
      const auto kind = static_cast<Change>(i);
      const bool of_installations = kind == Change::gone || kind == Change::unreachable;
      if (of_installations) continue;
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", rows_.at(i), to_string(kind));
    }
    std::string installations;
    for (const Change kind : {Change::appeared, Change::gone, Change::unreachable}) {
      const std::uint64_t n = comparison_.counts.installations_of(kind);
      if (n == 0) continue;
      installations += fmt::format("{}{} {}", installations.empty() ? "; installations: " : ", ", n,
                                   to_string(kind));
    }
    text += installations;
    if (const std::uint64_t n = comparison_.counts.read_in_neither; n > 0) {
      text += fmt::format("; {} read in neither", counted(n, "target"));
    }
    return text + ".";
  }

  static std::string reason_of(const InstallationChange& change) {
    std::string_view reason = change.error;
    if (reason.starts_with(change.target + ": ")) reason.remove_prefix(change.target.size() + 2);
    return printable(reason);
  }

  const Comparison& comparison_;
  WriteOptions options_;
  Lines lines_;
  std::deque<Finding> kept_;  ///< of the installation and the section that are being written
  std::array<std::uint64_t, change_count> rows_ = {};  ///< as they are shown, by Change
};

}  // namespace

void write_text_comparison(const Comparison& comparison, const WriteOptions& options,
                           std::ostream& out) {
  ComparisonListing(comparison, options, out).write();
}

}  // namespace goldhive::report
