#include "src/report/overview.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "src/report/plan_rows.h"
#include "src/report/printable.h"
#include "src/report/text_rows.h"

namespace goldhive::report {
namespace {

using policy::Finding;

constexpr std::size_t gap = 2;

/// An answer in a word that fits its column.
const char* cell(std::size_t question, Answer answer) {
  switch (answer) {
    case Answer::not_asked:
      return "-";
    case Answer::pass:
      return "ok";
    case Answer::undetermined:
      return "?";
    case Answer::fail:
      return question == 0 ? "missing" : "fail";
    case Answer::not_applicable:
    case Answer::informs:
    case Answer::waived:
    case Answer::warn:
      break;
  }
  return to_string(answer);
}

/// "7 x64", "Server 2008 R2 x64": which Windows, and not which edition of it.
std::string short_system(const windows::Installation& facts) {
  static const std::set<std::string_view> kept = {"7",  "8",     "8.1",  "10",   "11",   "XP",
                                                  "R2", "Vista", "NT",   "2000", "2003", "2008",
                                                  "PE", "2012",  "2016", "2019", "2022"};
  std::string text;
  const std::string all = describe_system(facts);
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = std::min(all.find(' ', at), all.size());
    const std::string word = all.substr(at, end - at);
    if (kept.count(word) != 0) text += (text.empty() ? "" : " ") + word;
    at = end + 1;
  }
  if (text.empty()) text = facts.os.version.empty() ? "?" : facts.os.version;
  const windows::Architecture architecture = facts.os.architecture;
  if (architecture != windows::Architecture::unknown) {
    text += " ";
    text += architecture == windows::Architecture::amd64 ? "x64" : to_string(architecture);
  }
  return printable(text);
}

/// The other checks that say something, by name: "fail: schannel.legacy; ?: hive.state". Those of
/// less severity than `least` are counted in `hidden`.
std::string others(const InstallationReport& installation, policy::Severity least,
                   std::uint64_t& hidden) {
  std::string text;
  const auto add = [&](const char* word, bool (*wanted)(const Finding&)) {
    std::set<std::string> ids;
    std::set<std::string> below;
    for (const Finding& f : installation.findings) {
      if (answers_a_question(f.id) || !wanted(f)) continue;
      (f.severity < least ? below : ids).insert(f.id);
    }
    hidden += below.size();
    if (ids.empty()) return;
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", word, fmt::join(ids, ", "));
  };
  add("fail", counts_as_finding);
  add("?", [](const Finding& f) { return leaves_open(f) && !counts_as_finding(f); });
  add("warn", [](const Finding& f) { return answer_of(f) == Answer::warn; });
  return text;
}

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t used = display_width(text);
  return text + std::string(used < width ? width - used : 0, ' ');
}

}  // namespace

Overview::Overview(Command command, const WriteOptions& options, std::ostream& out)
    : command_(command), options_(options), out_(out), lines_(out, options), to_do_(command) {
  if (of_plan()) {
    titles_ = {"a patch would change"};
  } else {
    titles_.assign(questions.begin(), questions.end());
  }
}

Overview::Rank Overview::rank_of(const InstallationReport& installation) const {
  const bool refused = installation.planned_in_vain();
  if (refused && (of_plan() || command_ == Command::patch)) return Rank::refused;
  if (of_plan() && !installation.changes->empty()) return Rank::changes;
  // A plan without changes says nothing of what no patch can change: its rows do.
  const Status status = of_plan() ? status_of(installation.findings) : installation.status;
  switch (status) {
    case Status::findings:
      return Rank::findings;
    case Status::undetermined:
    case Status::error:
      return Rank::undetermined;
    case Status::compliant:
    case Status::not_applicable:
      break;
  }
  if (has_warnings(installation)) return Rank::warnings;
  if (installation.changed.value_or(false)) return Rank::patched;
  return status == Status::compliant ? Rank::compliant : Rank::not_applicable;
}

void Overview::put(Rank rank, Row row) {
  rows_.at(static_cast<std::size_t>(rank)).push_back(std::move(row));
}

/// Whether the row of an installation that was refused says why the target failed.
bool Overview::tells_error(const TargetReport& target) const {
  return command_ == Command::patch &&
         std::any_of(target.installations.begin(), target.installations.end(),
                     [&](const InstallationReport& i) {
                       return i.planned_in_vain() &&
                              std::string_view(i.refusal->what()) == target.error->what();
                     });
}

void Overview::add(const TargetReport& target) {
  const bool not_begun = target.interrupted == Interruption::not_begun;
  if (not_begun) {
    ++installations_.at(static_cast<std::size_t>(Rank::not_begun));
  } else if (target.error && !tells_error(target)) {
    put(target.interrupted ? Rank::interrupted : Rank::error,
        {printable(target.path) + ": " + reason_of(target), "", {}, {}});
  } else if (target.installations.empty()) {
    ++targets_without_;
  }
  for (const InstallationReport& i : target.installations) add_installation(target, i);
  to_do_.add(target);
}

std::vector<std::string> Overview::cells_of(const InstallationReport& installation) const {
  if (of_plan()) return {describe_changes(installation)};
  std::vector<std::string> cells;
  for (const Answer answer : answers_of(installation)) cells.push_back(cell(cells.size(), answer));
  return cells;
}

std::vector<std::string> Overview::lines_below(const InstallationReport& installation) {
  std::vector<std::string> below;
  if (of_plan()) {
    std::set<std::string> ids;
    for (const TextRow& row : rows_that_stay(installation)) ids.insert(row.first().id);
    if (!ids.empty()) below.push_back(fmt::format("stays: {}", fmt::join(ids, ", ")));
  } else if (std::string text = others(installation, options_.least, hidden_); !text.empty()) {
    below.push_back(std::move(text));
  }
  for (std::string& hash : hashes_of(installation.facts)) below.push_back(std::move(hash));
  if (installation.changed.value_or(false)) {
    below.push_back(fmt::format("changed: {}", counted(installation.changes->size(), "value")));
  } else if ((installation.changed || of_plan()) && installation.planned_in_vain()) {
    below.push_back("refused: " + printable(installation.refusal->what()));
  }
  return below;
}

void Overview::tally(const InstallationReport& installation) {
  if (installation.changed.value_or(false)) {
    ++changed_;
  } else if (installation.changed && installation.planned_in_vain()) {
    ++refused_;
    if (installation.status == Status::undetermined) ++refused_open_;
  } else if (installation.changed) {
    ++unchanged_;
  }
  if (of_plan() && !installation.planned_in_vain()) values_ += installation.changes->size();
}

void Overview::add_installation(const TargetReport& target,
                                const InstallationReport& installation) {
  const Rank rank = rank_of(installation);
  ++installations_.at(static_cast<std::size_t>(rank));
  tally(installation);
  Row row{printable(installation.facts.id), short_system(installation.facts),
          cells_of(installation), lines_below(installation)};
  if (&installation == &target.installations.back()) {
    for (std::string& undo : describe_left_undo_files(target)) {
      row.below.push_back("undo: " + std::move(undo));
    }
    for (const std::string& note : target.notes) row.below.push_back("note: " + printable(note));
  }
  const bool shown = rank < Rank::compliant || !row.below.empty();
  if (shown) put(rank, std::move(row));
}

namespace {

struct RankStyle {
  const char* word;
  Color color;
};
/// In the order of Overview::Rank.
constexpr std::array rank_styles = {
    RankStyle{"ERROR", Color::red},        RankStyle{"INTERRUPTED", Color::yellow},
    RankStyle{"REFUSED", Color::red},      RankStyle{"CHANGES", Color::yellow},
    RankStyle{"FINDINGS", Color::red},     RankStyle{"UNDETERMINED", Color::yellow},
    RankStyle{"WARNINGS", Color::yellow},  RankStyle{"PATCHED", Color::green},
    RankStyle{"COMPLIANT", Color::green},  RankStyle{"N/A", Color::none},
    RankStyle{"NOT BEGUN", Color::yellow},
};

}  // namespace

bool Overview::narrow() const {
  constexpr unsigned needed = 78;
  return options_.width != 0 && options_.width < needed;
}

void Overview::below(const std::string& line) {
  lines_.folded(std::string(status_width_ + gap, ' '), status_width_ + gap, line);
}

std::string Overview::in_words(const Row& row) const {
  if (of_plan()) return row.system + ": " + row.cells.front();
  std::string text = row.system;
  for (std::size_t i = 0; i < titles_.size(); ++i) {
    text += fmt::format("{} {} {}", i == 0 ? ":" : ",", titles_[i], row.cells[i]);
  }
  return text;
}

void Overview::row(Rank rank, const Row& row, std::size_t name_width, std::size_t system_width) {
  const RankStyle& style = rank_styles.at(static_cast<std::size_t>(rank));
  if (row.system.empty()) {
    lines_.status_first(style.word, style.color, status_width_, row.name);
    return;
  }
  std::string cells = padded(row.system, system_width);
  for (std::size_t i = 0; i < titles_.size(); ++i) {
    cells += std::string(gap, ' ');
    cells +=
        i + 1 < titles_.size() ? padded(row.cells[i], display_width(titles_[i])) : row.cells[i];
  }
  const std::size_t column = status_width_ + name_width + gap;
  const bool folds = options_.width != 0;
  if (narrow() || (folds && column + display_width(cells) > options_.width)) {
    lines_.status_first(style.word, style.color, status_width_, row.name);
    below(in_words(row));
  } else if (folds && display_width(row.name) > name_width) {
    lines_.status_first(style.word, style.color, status_width_, row.name);
    out_ << std::string(column, ' ') << cells << '\n';
  } else {
    lines_.status_first(style.word, style.color, status_width_,
                        padded(row.name, name_width) + std::string(gap, ' ') + cells);
  }
  for (const std::string& line : row.below) below(line);
}

void Overview::table(const Report& report) {
  for (std::size_t rank = 0; rank < rows_.size(); ++rank) {
    if (rows_.at(rank).empty() && installations_.at(rank) == 0) continue;
    const std::size_t width = std::string_view(rank_styles.at(rank).word).size();
    status_width_ = std::max(status_width_, width + gap);
  }
  std::size_t longest = 0;
  std::size_t system_width = 0;
  for (const std::vector<Row>& rows : rows_) {
    for (const Row& row : rows) {
      if (row.system.empty()) continue;
      longest = std::max(longest, display_width(row.name));
      system_width = std::max(system_width, display_width(row.system));
    }
  }
  std::string titles;
  std::size_t right = system_width;
  for (const std::string_view title : titles_) {
    titles += std::string(gap, ' ').append(title);
    right += gap + title.size();
  }
  // In a file a row is a line; a name that is far longer than the others moves only its own cells.
  constexpr std::size_t widest = 80;
  constexpr std::size_t narrowest = 8;
  const std::size_t taken = status_width_ + gap + right;
  const std::size_t free = options_.width == 0                  ? widest
                           : options_.width > taken + narrowest ? options_.width - taken
                                                                : narrowest;
  const std::size_t name_width = std::min(longest, free);
  if (longest > 0) {
    std::string head = fmt::format("goldhive {}, policy {}", report.head.tool_version,
                                   printable(report.head.policy));
    if (!report.head.config.empty()) {
      lines_.folded("", 0, "configuration " + printable(report.head.config));
    }
    const std::size_t column = status_width_ + name_width + gap + system_width;
    if (narrow()) {
      lines_.plain(head, Color::bold);
    } else {
      if (display_width(head) > column) {
        lines_.plain(head, Color::bold);
        head.clear();
      }
      lines_.plain(padded(head, column) + titles, Color::bold);
    }
  }
  for (std::size_t rank = 0; rank < rows_.size(); ++rank) {
    for (const Row& each : rows_.at(rank)) {
      row(static_cast<Rank>(rank), each, name_width, system_width);
    }
    const bool without_windows = static_cast<Rank>(rank) == Rank::not_applicable;
    const std::uint64_t all = installations_.at(rank) + (without_windows ? targets_without_ : 0);
    const std::uint64_t hidden = all - std::min<std::uint64_t>(all, rows_.at(rank).size());
    const bool counted_only = static_cast<Rank>(rank) >= Rank::compliant;
    if (counted_only && hidden > 0) {
      const RankStyle& style = rank_styles.at(rank);
      const bool some = hidden < all || longest > 0;
      lines_.status_first(style.word, style.color, status_width_,
                          fmt::format("{}{} (--all shows {})", hidden, some ? " more" : "",
                                      hidden == 1 ? "it" : "them"));
    }
  }
}

std::string Overview::counts(const Report& report) const {
  std::string line = counted(report.summary.installations, "installation");
  const char* before = ": ";
  const auto add = [&](std::uint64_t n, std::string_view words) {
    if (n == 0) return;
    line += fmt::format("{}{} {}", before, n, words);
    before = ", ";
  };
  if (of_plan()) {
    add(of(Rank::changes), "with changes, " + counted(values_, "value"));
    add(of(Rank::refused), "that a patch would refuse");
    add(of(Rank::findings), "with findings that no patch changes");
    add(of(Rank::undetermined), "undetermined");
    add(of(Rank::warnings) + of(Rank::compliant) + of(Rank::not_applicable),
        "with nothing to change");
  } else {
    add(changed_, "changed");
    add(refused_, "refused");
    add(unchanged_, "had nothing to change");
    if (command_ == Command::patch) before = "; now ";
    add(of(Rank::findings) + of(Rank::refused) - refused_open_, "with findings");
    add(of(Rank::undetermined) + refused_open_, "undetermined");
    add(of(Rank::warnings), "with warnings only");
    add(of(Rank::compliant) + of(Rank::patched), "compliant");
    add(of(Rank::not_applicable), "not applicable");
  }
  before = "; ";
  add(targets_without_,
      targets_without_ == 1 ? "target without a Windows" : "targets without a Windows");
  add(rows_.at(static_cast<std::size_t>(Rank::error)).size(),
      command_ == Command::patch ? "refused or not readable" : "could not be read");
  add(rows_.at(static_cast<std::size_t>(Rank::interrupted)).size(), "cut short");
  add(of(Rank::not_begun), "not begun");
  add(report.summary.passed_over,
      report.summary.passed_over == 1 ? "file passed over" : "files passed over");
  add(report.summary.waived, report.summary.waived == 1 ? "row waived" : "rows waived");
  return line + ".";
}

void Overview::write_to_do() {
  const std::vector<ToDo::Line> lines = to_do_.lines(options_);
  std::size_t widest = 0;
  for (const ToDo::Line& line : lines) widest = std::max(widest, display_width(line.what));
  for (const ToDo::Line& line : lines) {
    if (line.is_command) {
      lines_.with_command("", narrow() ? line.what : padded(line.what, widest + gap - 1), line.how);
    } else if (narrow()) {
      lines_.folded("", gap, line.what + " " + line.how);
    } else {
      lines_.folded(padded(line.what, widest + gap), widest + gap, line.how);
    }
  }
}

void Overview::finish(const Report& report) {
  if (!options_.summary_only) {
    table(report);
    if (hidden_ > 0) lines_.folded("", 0, describe_hidden(hidden_, options_.least) + ".");
  }
  lines_.folded("", 0, counts(report));
  write_to_do();
  lines_.waivers(report.waivers);
}

namespace {

class WithOverview final : public TargetWriter {
 public:
  WithOverview(Writer details, Command command, const WriteOptions& options, std::ostream& out)
      : details_(std::move(details)),
        always_details_(options.all || options.verbose),
        overview_(command, options, out) {}

  /// The first target is kept until it is known whether it is the only one.
  void target(const TargetReport& t) override {
    if (always_details_) return details_->target(t);
    if (!only_ && !several_ && t.installations.size() < 2) {
      only_ = t;
      return;
    }
    several_ = true;
    if (only_) overview_.add(*only_);
    only_.reset();
    overview_.add(t);
  }

  void finish(const Report& report) override {
    if (several_) return overview_.finish(report);
    if (only_) details_->target(*only_);
    details_->finish(report);
  }

 private:
  Writer details_;
  bool always_details_;
  Overview overview_;
  std::optional<TargetReport> only_;  ///< the first, while there is no second
  bool several_ = false;
};

}  // namespace

Writer with_overview(Writer details, Command command, const WriteOptions& options,
                     std::ostream& out) {
  return std::make_unique<WithOverview>(std::move(details), command, options, out);
}

}  // namespace goldhive::report
