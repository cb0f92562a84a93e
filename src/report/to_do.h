// What is left to do after a report: with the next command what a patch puts right, by hand what no
// patch can, what must be found out first, and how a patch is taken back. Every format for people
// says it in these lines.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "src/report/next_command.h"

namespace goldhive::report {

class ToDo {
 public:
  struct Line {
    std::string what;        ///< "Registry, 2 installations:"
    std::string how;         ///< a command, or words
    bool is_command;         ///< to be shown in one piece, so that it can be pasted
    std::string check = {};  ///< whose explanation `how` asks for; "" if it is none
  };

  /// `present`: the command whose report it is.
  explicit ToDo(Command present) : present_(present) {}

  void add(const TargetReport& target);
  /// In the order in which they are worth doing.
  std::vector<Line> lines(const WriteOptions& options) const;

 private:
  void add_rows(const InstallationReport& installation);

  Command present_;
  std::uint64_t fixable_ = 0;
  NextTargets next_;
  std::map<std::string, std::uint64_t> by_hand_;  ///< by check: installations with a row to fix
  std::set<std::string> open_;                    ///< checks with undetermined rows
  std::uint64_t with_open_ = 0;                   ///< installations that have some
  std::uint64_t undo_targets_ = 0;
  NextTargets with_undo_;
};

}  // namespace goldhive::report
