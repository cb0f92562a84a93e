// What a storage did to names, so that a command can say which files it took away: leftovers of a
// run that was killed, journals, records, undo files that are used up.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace goldhive::cli {

class ChangedNames {
 public:
  void created(const std::string& path) { made_.insert(path); }
  void renamed(const std::string& from, const std::string& to);
  void removed(const std::string& path);

  /// Files that were there before and are gone, by the names that they had then, in the order in
  /// which they went. Not one that took the place of another, as the kept original does.
  const std::vector<std::string>& removed() const { return removed_; }
  /// Files that were made and removed again.
  const std::vector<std::string>& made_in_vain() const { return made_in_vain_; }

 private:
  std::set<std::string> made_;
  std::map<std::string, std::string>
      first_names_;  ///< of files that were renamed, by the last name
  std::vector<std::string> removed_;
  std::vector<std::string> made_in_vain_;
};

}  // namespace goldhive::cli
