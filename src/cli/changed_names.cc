#include "src/cli/changed_names.h"

namespace goldhive::cli {

void ChangedNames::renamed(const std::string& from, const std::string& to) {
  const bool ours = made_.erase(from) != 0;
  const auto first = first_names_.find(from);
  const std::string name = first == first_names_.end() ? from : first->second;
  first_names_.erase(from);
  if (ours) {
    made_.insert(to);
  } else {
    first_names_[to] = name;
  }
}

void ChangedNames::removed(const std::string& path) {
  if (made_.erase(path) != 0) {
    made_in_vain_.push_back(path);
    return;
  }
  const auto first = first_names_.find(path);
  removed_.push_back(first == first_names_.end() ? path : first->second);
  if (first != first_names_.end()) first_names_.erase(first);
}

}  // namespace goldhive::cli
