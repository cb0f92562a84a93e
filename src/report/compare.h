// What changed from an older report to a newer one. Of each report only what is compared is kept,
// so that those of a whole fleet fit into memory: what rows say repeats from installation to
// installation and is kept once.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "src/report/report.h"

namespace goldhive::report {

/// Of a row, and of an installation as a whole.
enum class Change {
  appeared,     ///< a row counts (leaves_open()) and did not, or its installation was not there
  changed,      ///< a row counted and says something else, be it that it is waived or milder now
  fixed,        ///< a row counted and passes, does not apply or is not there any more
  gone,         ///< the installation is not in the newer report
  unreachable,  ///< the newer report could not read the target
  unchanged,
};
inline constexpr std::size_t change_count = 6;
const char* to_string(Change change);  ///< "new", "changed", "fixed", "gone", ...

/// Keeps each thing once, and gives it a number. The numbers start at 0.
template <typename T>
class Once {
 public:
  Once() = default;
  Once(const Once&) = delete;
  Once& operator=(const Once&) = delete;

  std::uint32_t number_of(T thing) {
    things_.push_back(std::move(thing));
    const auto [found, is_new] = numbers_.insert(static_cast<std::uint32_t>(things_.size() - 1));
    if (!is_new) things_.pop_back();
    return *found;
  }
  const T& operator[](std::uint32_t number) const { return things_[number]; }

 private:
  struct Hash {
    const std::deque<T>* things;
    std::size_t operator()(std::uint32_t n) const { return (*things)[n].hash(); }
  };
  struct Equal {
    const std::deque<T>* things;
    bool operator()(std::uint32_t a, std::uint32_t b) const { return (*things)[a] == (*things)[b]; }
  };
  std::deque<T> things_;
  std::unordered_set<std::uint32_t, Hash, Equal> numbers_{16, Hash{&things_}, Equal{&things_}};
};

/// The rows of several reports: which they are, and what they say.
class RowTexts {
 public:
  RowTexts() = default;
  RowTexts(const RowTexts&) = delete;
  RowTexts& operator=(const RowTexts&) = delete;

  /// Of what tells rows of an installation apart: check, view, control set and subject.
  std::uint32_t name_of(const policy::Finding& finding);
  /// Of what is compared: verdict, severity, actual value, message, waiver.
  std::uint32_t said_by(const policy::Finding& finding);
  /// The finding again, as far as it was kept.
  policy::Finding finding(std::uint32_t name, std::uint32_t said) const;
  /// leaves_open() of it.
  bool counts(std::uint32_t said) const { return said_[said].counts; }
  /// It passes or does not apply.
  bool is_settled(std::uint32_t said) const;
  policy::Verdict verdict(std::uint32_t said) const { return said_[said].verdict; }

 private:
  struct Name {
    std::string check;
    std::optional<windows::View> view;
    std::optional<std::uint32_t> control_set;
    std::string subject;
    bool operator==(const Name&) const = default;
    std::size_t hash() const;
  };
  struct Said {
    policy::Verdict verdict;
    policy::Severity severity;
    bool waived;
    bool possibly_stale;
    std::optional<std::string> actual;
    std::string message;
    std::string waiver_reason;
    bool counts;  // follows from the others
    bool operator==(const Said&) const = default;
    std::size_t hash() const;
  };
  Once<Name> names_;
  Once<Said> said_;
};

/// What is compared of one report. Of a target or an installation that is in it twice the last
/// one counts.
class Snapshot {
 public:
  struct Row {
    std::uint32_t name;
    std::uint32_t said;
  };
  struct Installation {
    std::string id;
    std::size_t target;  ///< its place in targets()
    /// What rows are described by.
    windows::Architecture architecture = windows::Architecture::unknown;
    std::optional<std::uint32_t> boots;
    std::vector<Row> rows;
  };
  struct Target {
    std::string path;
    std::string error;               ///< why it could not be read, or not all of it; "" if it was
    std::size_t first = 0, end = 0;  ///< its installations, by their places
  };

  /// `texts` is that of both reports and must outlive them.
  explicit Snapshot(RowTexts& texts) : texts_(&texts) {}
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  void add(const TargetReport& target);

  const std::deque<Target>& targets() const { return targets_; }
  const std::deque<Installation>& installations() const { return installations_; }
  /// Null if the report has no such target or installation.
  const Target* find_target(const std::string& path) const;
  const Installation* find_installation(const std::string& id) const;
  const RowTexts& texts() const { return *texts_; }

 private:
  RowTexts* texts_;
  std::deque<Target> targets_;
  std::deque<Installation> installations_;
  /// By path and by id, which stay where they are: a name is kept once.
  std::unordered_map<std::string_view, std::size_t> target_places_, installation_places_;
};

/// A row that counts in one of the reports.
struct RowChange {
  std::uint32_t name = 0;
  Change change = Change::unchanged;
  std::optional<std::uint32_t> before, after;  ///< what it said and says; nullopt: there is none
};

struct InstallationChange {
  std::string id;      ///< "" for a target that has no installation to name
  std::string target;  ///< the path of the target
  /// `changed` where any of its rows is new, changed or fixed.
  Change change = Change::unchanged;
  std::string error;  ///< why it is unreachable
  windows::Architecture architecture = windows::Architecture::unknown;
  std::optional<std::uint32_t> boots;
  std::vector<RowChange> rows;

  /// What a reader calls it.
  const std::string& name() const { return id.empty() ? target : id; }
  /// As describe_row() needs them.
  windows::Installation facts() const;
};

/// One of the two reports.
struct ComparedReport {
  std::string file;
  Head head;
};

struct Comparison {
  ComparedReport before, after;
  Command command = Command::scan;  ///< whose reports they are
  /// In the order of the newer report, then what is gone.
  std::vector<InstallationChange> installations;

  struct Counts {
    std::array<std::uint64_t, change_count> rows = {}, installations = {};  ///< by Change
    /// Rows that fail and are `new`; rows without a verdict that are `new`, or had one before.
    std::uint64_t new_failing = 0, new_undetermined = 0;
    std::uint64_t read_in_neither = 0;  ///< targets with an error in both reports
    std::uint64_t of(Change change) const { return rows.at(static_cast<std::size_t>(change)); }
    std::uint64_t installations_of(Change change) const {
      return installations.at(static_cast<std::size_t>(change));
    }
  } counts;
  /// Of what is new: `findings` if a row fails, `undetermined` if one has lost its verdict, or
  /// never had one, `error` if a target could not be read any more.
  Status status = Status::compliant;
  const RowTexts* texts = nullptr;  ///< of the rows

  std::optional<policy::Finding> before_of(const RowChange& row) const;
  std::optional<policy::Finding> after_of(const RowChange& row) const;
  /// As it is now, or as it was where there is nothing now.
  policy::Finding shown(const RowChange& row) const;
  /// Sentences on what makes the reports hard to compare: other policies, other builds.
  std::vector<std::string> remarks() const;
};

/// What changed from `before` to `after`, which have the same texts. Their heads, files and command
/// are for the caller to fill in.
Comparison compare(const Snapshot& before, const Snapshot& after);

/// "new findings, unreachable"; "nothing new".
std::string describe_news(const Comparison::Counts& counts);
/// True of a change after which a row has no verdict, and had one before or was not there.
bool loses_verdict(const Comparison& comparison, const RowChange& row);
/// "one was judged by the policy 'a', the other by 'b'"; "" if they were judged by one policy, to
/// the letter.
std::string difference_of_policies(const Head& one, const Head& other);

}  // namespace goldhive::report
