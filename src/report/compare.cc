// An installation is the same in both reports if its id is, and a row if it is of the same check,
// view, control set and subject. Rows that count in neither report are left out: they are nothing
// to do, and most of a report.
#include "src/report/compare.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace goldhive::report {
namespace {

std::size_t mixed(std::size_t hash, std::size_t more) {
  constexpr std::size_t odd = 0x9e3779b9;  // the golden ratio, as in boost::hash_combine
  return hash ^ (more + odd + (hash << 6) + (hash >> 2));
}

std::size_t hash_of(const std::string& text) { return std::hash<std::string>()(text); }

/// What stands for rows of one name: the first of one report goes with the first of the other.
struct PairedRow {
  const Snapshot::Row* before = nullptr;
  const Snapshot::Row* after = nullptr;
};

std::vector<const Snapshot::Row*> sorted_by_name(const std::vector<Snapshot::Row>& rows) {
  std::vector<const Snapshot::Row*> sorted;
  for (const Snapshot::Row& row : rows) sorted.push_back(&row);
  std::stable_sort(
      sorted.begin(), sorted.end(),
      [](const Snapshot::Row* a, const Snapshot::Row* b) { return a->name < b->name; });
  return sorted;
}

/// In the order of the newer report, then those that it lacks.
std::vector<PairedRow> paired(const std::vector<Snapshot::Row>& before,
                              const std::vector<Snapshot::Row>& after) {
  const std::vector<const Snapshot::Row*> olds = sorted_by_name(before);
  const std::vector<const Snapshot::Row*> news = sorted_by_name(after);
  std::vector<PairedRow> pairs(after.size());
  std::vector<bool> taken(before.size());
  for (std::size_t i = 0; i < after.size(); ++i) pairs[i].after = &after[i];
  for (std::size_t o = 0, n = 0; o < olds.size() && n < news.size();) {
    if (olds[o]->name == news[n]->name) {
      pairs[static_cast<std::size_t>(news[n] - after.data())].before = olds[o];
      taken[static_cast<std::size_t>(olds[o] - before.data())] = true;
    }
    const bool step_both = olds[o]->name == news[n]->name;
    const bool step_old = olds[o]->name < news[n]->name;
    if (step_both || step_old) ++o;
    if (step_both || !step_old) ++n;
  }
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (!taken[i]) pairs.push_back({&before[i], nullptr});
  }
  return pairs;
}

/// Compares the installations of two snapshots, and counts.
class Comparer {
 public:
  Comparer(const Snapshot& before, const Snapshot& after) : before_(before), after_(after) {
    out_.texts = &after.texts();
  }

  Comparison run() {
    for (const Snapshot::Target& target : after_.targets()) {
      if (after_.find_target(target.path) == &target) newer(target);
    }
    for (const Snapshot::Target& target : before_.targets()) {
      if (before_.find_target(target.path) == &target) gone(target);
    }
    conclude();
    return std::move(out_);
  }

 private:
  using Installation = Snapshot::Installation;

  void newer(const Snapshot::Target& target) {
    for (std::size_t i = target.first; i < target.end; ++i) {
      const Installation& now = after_.installations()[i];
      if (after_.find_installation(now.id) != &now) continue;
      compare_rows(before_.find_installation(now.id), now, target.path);
    }
    if (target.error.empty()) return;
    // What stood in it is named one by one; a target may also have been named as its installation.
    std::size_t lost = 0;
    const Snapshot::Target* older = before_.find_target(target.path);
    for (std::size_t i = older == nullptr ? 0 : older->first; older && i < older->end; ++i) {
      lost += lose(before_.installations()[i], target) ? 1 : 0;
    }
    if (const Installation* named = before_.find_installation(target.path)) {
      lost += lose(*named, target) ? 1 : 0;
    }
    if (lost > 0) return;
    InstallationChange change;
    change.target = target.path;
    change.error = target.error;
    const bool known = older != nullptr && !older->error.empty();
    change.change = known ? Change::unchanged : Change::unreachable;
    if (known) ++out_.counts.read_in_neither;
    add(std::move(change));
  }

  /// False if the newer report has it all the same, or it was lost before.
  bool lose(const Installation& old, const Snapshot::Target& target) {
    if (before_.find_installation(old.id) != &old) return false;
    if (after_.find_installation(old.id) != nullptr) return false;
    if (!lost_.insert(old.id).second) return false;
    InstallationChange change = without_rows(old, target.path, Change::unreachable);
    change.error = target.error;
    add_old_rows(old, change);
    add(std::move(change));
    return true;
  }

  void gone(const Snapshot::Target& target) {
    for (std::size_t i = target.first; i < target.end; ++i) {
      const Installation& old = before_.installations()[i];
      const bool counts = before_.find_installation(old.id) == &old;
      if (!counts || after_.find_installation(old.id) || lost_.count(old.id) > 0) continue;
      InstallationChange change = without_rows(old, target.path, Change::gone);
      add_old_rows(old, change);
      add(std::move(change));
    }
    if (target.first != target.end || after_.find_target(target.path)) return;
    InstallationChange change;
    change.target = target.path;
    change.change = Change::gone;
    add(std::move(change));
  }

  static InstallationChange without_rows(const Installation& of, const std::string& target,
                                         Change change) {
    InstallationChange out;
    out.id = of.id;
    out.target = target;
    out.change = change;
    out.architecture = of.architecture;
    out.boots = of.boots;
    return out;
  }

  void compare_rows(const Installation* old, const Installation& now, const std::string& target) {
    InstallationChange change =
        without_rows(now, target, old == nullptr ? Change::appeared : Change::unchanged);
    static const std::vector<Snapshot::Row> none;
    for (const PairedRow& pair : paired(old == nullptr ? none : old->rows, now.rows)) {
      if (const std::optional<RowChange> row = compared(pair)) change.rows.push_back(*row);
    }
    const bool same = std::all_of(change.rows.begin(), change.rows.end(), [](const RowChange& row) {
      return row.change == Change::unchanged;
    });
    if (old != nullptr && !same) change.change = Change::changed;
    change.rows.shrink_to_fit();
    add(std::move(change));
  }

  void add_old_rows(const Installation& old, InstallationChange& change) const {
    for (const Snapshot::Row& row : old.rows) {
      if (!out_.texts->counts(row.said)) continue;
      change.rows.push_back({row.name, change.change, row.said, std::nullopt});
    }
    change.rows.shrink_to_fit();
  }

  /// nullopt if the row counts in neither report.
  std::optional<RowChange> compared(const PairedRow& pair) const {
    RowChange row;
    row.name = (pair.after == nullptr ? pair.before : pair.after)->name;
    if (pair.before != nullptr) row.before = pair.before->said;
    if (pair.after != nullptr) row.after = pair.after->said;
    const RowTexts& texts = *out_.texts;
    const bool counted = row.before && texts.counts(*row.before);
    const bool counts = row.after && texts.counts(*row.after);
    if (!counted && !counts) return std::nullopt;
    if (!counted) {
      row.change = Change::appeared;
    } else if (counts) {
      row.change = row.before == row.after ? Change::unchanged : Change::changed;
    } else {
      row.change = row.after && !texts.is_settled(*row.after) ? Change::changed : Change::fixed;
    }
    return row;
  }

  void add(InstallationChange change) {
    Comparison::Counts& counts = out_.counts;
    const bool in_neither = change.id.empty() && change.change == Change::unchanged;
    if (!in_neither) ++counts.installations.at(static_cast<std::size_t>(change.change));
    for (const RowChange& row : change.rows) {
      ++counts.rows.at(static_cast<std::size_t>(row.change));
      if (loses_verdict(out_, row)) {
        ++counts.new_undetermined;
      } else if (row.change == Change::appeared) {
        ++counts.new_failing;
      }
    }
    out_.installations.push_back(std::move(change));
  }

  void conclude() {
    const Comparison::Counts& counts = out_.counts;
    if (counts.installations_of(Change::unreachable) > 0) {
      out_.status = Status::error;
    } else if (counts.new_undetermined > 0) {
      out_.status = Status::undetermined;
    } else if (counts.new_failing > 0) {
      out_.status = Status::findings;
    }
  }

  const Snapshot& before_;
  const Snapshot& after_;
  std::unordered_set<std::string> lost_;
  Comparison out_;
};

}  // namespace

const char* to_string(Change change) {
  switch (change) {
    case Change::appeared:
      return "new";
    case Change::changed:
      return "changed";
    case Change::fixed:
      return "fixed";
    case Change::gone:
      return "gone";
    case Change::unreachable:
      return "unreachable";
    case Change::unchanged:
      break;
  }
  return "unchanged";
}

std::size_t RowTexts::Name::hash() const {
  std::size_t hash = mixed(hash_of(check), hash_of(subject));
  hash = mixed(hash, view ? static_cast<std::size_t>(*view) + 1 : 0);
  return mixed(hash, control_set ? std::size_t{*control_set} + 1 : 0);
}

std::size_t RowTexts::Said::hash() const {
  std::size_t hash = mixed(hash_of(message), hash_of(waiver_reason));
  if (actual) hash = mixed(hash, hash_of(*actual));
  return mixed(hash, static_cast<std::size_t>(verdict) * 8 + static_cast<std::size_t>(severity));
}

std::uint32_t RowTexts::name_of(const policy::Finding& f) {
  return names_.number_of({f.id, f.view, f.control_set, f.subject});
}

bool RowTexts::is_settled(std::uint32_t said) const {
  const policy::Verdict verdict = said_[said].verdict;
  return verdict == policy::Verdict::pass || verdict == policy::Verdict::not_applicable;
}

std::uint32_t RowTexts::said_by(const policy::Finding& f) {
  return said_.number_of({f.verdict, f.severity, f.waived, f.possibly_stale, f.actual, f.message,
                          f.waiver_reason, leaves_open(f)});
}

policy::Finding RowTexts::finding(std::uint32_t name, std::uint32_t said) const {
  policy::Finding f;
  const Name& which = names_[name];
  f.id = which.check;
  f.view = which.view;
  f.control_set = which.control_set;
  f.subject = which.subject;
  const Said& what = said_[said];
  f.verdict = what.verdict;
  f.severity = what.severity;
  f.waived = what.waived;
  f.possibly_stale = what.possibly_stale;
  f.actual = what.actual;
  f.message = what.message;
  f.waiver_reason = what.waiver_reason;
  return f;
}

void Snapshot::add(const TargetReport& target) {
  Target kept{target.path, target.error ? target.error->what() : "", installations_.size(), 0};
  for (const InstallationReport& report : target.installations) {
    Installation installation{report.facts.id,
                              targets_.size(),
                              report.facts.os.architecture,
                              report.facts.control_sets.boots,
                              {}};
    installation.rows.reserve(report.findings.size());
    for (const policy::Finding& f : report.findings) {
      installation.rows.push_back({texts_->name_of(f), texts_->said_by(f)});
    }
    installations_.push_back(std::move(installation));
    installation_places_[installations_.back().id] = installations_.size() - 1;
  }
  kept.end = installations_.size();
  targets_.push_back(std::move(kept));
  target_places_[targets_.back().path] = targets_.size() - 1;
}

const Snapshot::Target* Snapshot::find_target(const std::string& path) const {
  const auto found = target_places_.find(path);
  return found == target_places_.end() ? nullptr : &targets_[found->second];
}

const Snapshot::Installation* Snapshot::find_installation(const std::string& id) const {
  const auto found = installation_places_.find(id);
  if (found == installation_places_.end()) return nullptr;
  const Installation& installation = installations_[found->second];
  const Target& target = targets_[installation.target];
  // That of a target which stands in the report once more and has none any more does not count.
  return find_target(target.path) == &target ? &installation : nullptr;
}

windows::Installation InstallationChange::facts() const {
  windows::Installation facts;
  facts.id = id;
  facts.target = target;
  facts.os.architecture = architecture;
  facts.control_sets.boots = boots;
  return facts;
}

std::optional<policy::Finding> Comparison::before_of(const RowChange& row) const {
  if (!row.before) return std::nullopt;
  return texts->finding(row.name, *row.before);
}

std::optional<policy::Finding> Comparison::after_of(const RowChange& row) const {
  if (!row.after) return std::nullopt;
  return texts->finding(row.name, *row.after);
}

policy::Finding Comparison::shown(const RowChange& row) const {
  return texts->finding(row.name, row.after ? *row.after : row.before.value_or(0));
}

std::string describe_news(const Comparison::Counts& counts) {
  std::vector<std::string_view> parts;
  if (counts.new_failing > 0) parts.emplace_back("new findings");
  if (counts.new_undetermined > 0) parts.emplace_back("newly undetermined");
  if (counts.installations_of(Change::unreachable) > 0) parts.emplace_back("unreachable");
  return parts.empty() ? "nothing new" : fmt::format("{}", fmt::join(parts, ", "));
}

bool loses_verdict(const Comparison& comparison, const RowChange& row) {
  const auto is_open = [&comparison](std::optional<std::uint32_t> said) {
    return said && comparison.texts->counts(*said) &&
           comparison.texts->verdict(*said) == policy::Verdict::undetermined;
  };
  if (row.change == Change::appeared) return is_open(row.after);
  return row.change == Change::changed && is_open(row.after) && !is_open(row.before);
}

std::string difference_of_policies(const Head& one, const Head& other) {
  if (one.policy != other.policy) {
    return fmt::format("one was judged by the policy '{}', the other by '{}'", one.policy,
                       other.policy);
  }
  if (one.policy_sha256 != other.policy_sha256) {
    return fmt::format("the policies '{}' that they were judged by are not the same text",
                       one.policy);
  }
  return "";
}

std::vector<std::string> Comparison::remarks() const {
  std::vector<std::string> all;
  if (const std::string other = difference_of_policies(before.head, after.head); !other.empty()) {
    all.push_back(other + ": what changed may be what was asked for");
  }
  if (before.head.tool_version != after.head.tool_version) {
    all.push_back(fmt::format(
        "one was written by goldhive {}, the other by {}: what changed may be how it judges",
        before.head.tool_version, after.head.tool_version));
  }
  return all;
}

Comparison compare(const Snapshot& before, const Snapshot& after) {
  return Comparer(before, after).run();
}

}  // namespace goldhive::report
