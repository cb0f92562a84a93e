// The next command that a report offers: it means the same targets, policy and options, and can be
// pasted as it is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "src/report/report.h"

namespace goldhive::report {

/// The targets of a next command, gathered while those of this one are shown.
class NextTargets {
 public:
  /// Adds the names by which a command reaches `chosen`, installations of `target`: that of the
  /// target where it is one transaction for all of them, and none in it would be refused.
  void add(const TargetReport& target, const std::vector<const InstallationReport*>& chosen);
  /// Adds the target as a whole, or, unless `chosen`, counts it among the others.
  void add_whole(const TargetReport& target, bool chosen);
  bool empty() const { return names_.empty(); }

  /// "goldhive plan --policy p a b", with the flags to repeat. Where the names are many, or cannot
  /// be written for the shell, it takes what the user gave to the present command, a folder
  /// perhaps; and where that cannot be given again either, says so in words.
  std::string command(Command next, Command present, const WriteOptions& options) const;

 private:
  static constexpr std::size_t most = 4;
  bool may_be_given_again(Command next, const std::vector<std::string>& given) const;

  std::vector<std::string> names_;  ///< no more of them than show that they are too many
  bool others_ = false;             ///< there were targets with nothing chosen
};

}  // namespace goldhive::report
