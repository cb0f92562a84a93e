#include "imgtools/change/recover.h"

#include "imgtools/change/journal.h"
#include "imgtools/change/own_files.h"
#include "imgtools/change/own_names.h"
#include "imgtools/change/replacement.h"
#include "imgtools/host/path.h"

namespace goldhive {

std::optional<std::string> recover(Storage& storage, const std::string& file, bool force,
                                   const std::vector<std::string>& opened) {
  const std::unique_ptr<HeldFolder> folder = storage.hold_folder(parent_of(file), Reach::names);
  if (auto record = recover_replacement(storage, file, force)) return record;
  std::vector<std::string> files{file};
  files.insert(files.end(), opened.begin(), opened.end());
  return recover_journal(storage, file, force, files);
}

std::vector<std::string> foreign_leftovers(const ReadStorage& storage, const std::string& file) {
  std::vector<std::string> foreign = foreign_to_replacement(storage, file);
  const std::string folder = parent_of(file);
  for (const std::string& journal :
       {journal_path(folder, {base_name(file)}), journal_path(folder, {})}) {
    const std::string path = unfinished(journal);
    const bool there = storage.stat(path).has_value() || storage.read_link(path);
    if (there && !is_unfinished_own(storage, path, "")) foreign.push_back(path);
  }
  return foreign;
}

}  // namespace goldhive
