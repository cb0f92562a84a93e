// Many installations at a glance: a table of those that need a look, a count of the rest, and what
// to do. It keeps a few short texts of each that is shown and a number for each that is not. Of a
// scan and a patch the columns are the questions that are asked first; of a plan there is one, with
// what would change.
#pragma once

#include <array>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "src/report/answers.h"
#include "src/report/text_layout.h"
#include "src/report/to_do.h"
#include "src/report/writers.h"

namespace goldhive::report {

class Overview {
 public:
  Overview(Command command, const WriteOptions& options, std::ostream& out);

  void add(const TargetReport& target);
  /// What follows the last target.
  void finish(const Report& report);

 private:
  /// In the order in which they are shown.
  enum class Rank {
    error,
    interrupted,
    refused,  ///< a patch would be, or was
    changes,  ///< a patch would make some
    findings,
    undetermined,
    warnings,
    patched,  ///< and nothing is left to say of it
    compliant,
    not_applicable,
    not_begun,
    count_
  };
  struct Row {
    std::string name;
    std::string system;
    std::vector<std::string> cells;  ///< as many as there are titles
    std::vector<std::string> below;  ///< lines that say more
  };

  void add_installation(const TargetReport& target, const InstallationReport& installation);
  void put(Rank rank, Row row);
  Rank rank_of(const InstallationReport& installation) const;
  bool of_plan() const { return command_ == Command::plan; }
  std::vector<std::string> cells_of(const InstallationReport& installation) const;
  /// The lines that say more of it than its cells.
  std::vector<std::string> lines_below(const InstallationReport& installation);
  bool tells_error(const TargetReport& target) const;
  /// Counts what was changed, or would be.
  void tally(const InstallationReport& installation);
  void table(const Report& report);
  void row(Rank rank, const Row& row, std::size_t name_width, std::size_t system_width);
  /// What the cells say, where there is no room for columns.
  std::string in_words(const Row& row) const;
  /// A line that says more of the row above it.
  void below(const std::string& line);
  /// Too narrow for columns.
  bool narrow() const;
  std::string counts(const Report& report) const;
  std::uint64_t of(Rank rank) const { return installations_.at(static_cast<std::size_t>(rank)); }
  void write_to_do();

  Command command_;
  WriteOptions options_;
  std::ostream& out_;
  Lines lines_;
  std::vector<std::string_view> titles_;
  std::array<std::vector<Row>, static_cast<std::size_t>(Rank::count_)> rows_;
  std::array<std::uint64_t, static_cast<std::size_t>(Rank::count_)> installations_{};
  std::uint64_t targets_without_ = 0;  ///< with nothing but a note
  std::uint64_t changed_ = 0, refused_ = 0, unchanged_ = 0;
  std::uint64_t refused_open_ = 0;  ///< refused ones that are undetermined, not with findings
  std::uint64_t values_ = 0;        ///< plan: that a patch would set
  std::uint64_t hidden_ = 0;        ///< checks that would be named but for their severity
  ToDo to_do_;
  std::size_t status_width_ = 0;
};

/// What writes the details of one installation alone, or of all where they are asked for, by
/// `details`, and else an overview.
Writer with_overview(Writer details, Command command, const WriteOptions& options,
                     std::ostream& out);

}  // namespace goldhive::report
