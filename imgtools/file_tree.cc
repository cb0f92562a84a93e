#include "imgtools/file_tree.h"

#include <algorithm>
#include <iterator>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "imgtools/host/path.h"

namespace goldhive {

namespace {

/// The entry of `entries` that `name` means: the exact one, else the first that differs in case
/// only.
const TreeEntry* match(const std::vector<TreeEntry>& entries, const std::string& name) {
  const TreeEntry* similar = nullptr;
  for (const TreeEntry& entry : entries) {
    if (entry.name == name) return &entry;
    if (similar == nullptr && nt_equal(entry.name, name)) similar = &entry;
  }
  return similar;
}

/// Paths that twins() goes on with: a hostile tree has twins on every level.
constexpr std::size_t most_spellings = 16;
/// Directories of which it remembers the twins.
constexpr std::size_t remembered_twins = 64;

std::string joined(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

std::vector<std::string> spellings_there(const FileTree& tree, const std::string& folder,
                                         const std::string& name) {
  try {
    return tree.spellings(folder, name);
  } catch (const Error& e) {
    // A damaged directory in which find() finds names all the same, or a file.
    if (e.kind() == ErrorKind::refused) throw;
    return {};
  }
}

}  // namespace

std::vector<std::string> FileTree::names(const std::string& directory) const {
  std::vector<std::string> names;
  for (TreeEntry& entry : list(directory)) names.push_back(std::move(entry.name));
  return names;
}

const std::vector<std::string>& FileTree::twins_in(const std::string& directory) const {
  const auto known = twins_.find(directory);
  if (known != twins_.end()) return known->second;
  std::map<std::u16string, std::vector<std::string>> by_meaning;
  for (std::string& name : names(directory)) {
    by_meaning[nt_upcase(to_utf16(name))].push_back(std::move(name));
  }
  std::vector<std::string> twins;
  for (auto& [meaning, spellings] : by_meaning) {
    if (spellings.size() < 2) continue;
    std::move(spellings.begin(), spellings.end(), std::back_inserter(twins));
  }
  if (twins_.size() >= remembered_twins) twins_.clear();
  return twins_.emplace(directory, std::move(twins)).first->second;
}

std::vector<std::string> FileTree::spellings(const std::string& directory,
                                             const std::string& name) const {
  std::vector<std::string> spellings;
  for (const std::string& twin : twins_in(directory)) {
    if (nt_equal(twin, name)) spellings.push_back(twin);
  }
  return spellings;
}

std::vector<std::string> FileTree::twins(const std::string& base, const std::string& path) const {
  std::string asked = base;
  std::vector<std::string> others;
  for (const std::string& part : path_parts(path.substr(base.size()))) {
    std::vector<std::string> next;
    const auto add_twins = [&](const std::string& folder, const std::string& but) {
      for (const std::string& name : spellings_there(*this, folder, part)) {
        if (name != but && next.size() < most_spellings) next.push_back(joined(folder, name));
      }
    };
    add_twins(asked, part);
    for (const std::string& folder : others) {
      const std::optional<std::string> there = find(joined(folder, part));
      if (!there) continue;
      next.push_back(*there);
      add_twins(folder, there->substr(there->rfind('/') + 1));
    }
    asked = joined(asked, part);
    others = std::move(next);
  }
  return others;
}

std::optional<std::string> FileTree::find(const std::string& path) const {
  std::string found;
  bool directory = true;
  for (const std::string& part : path_parts(path)) {
    if (!directory) return std::nullopt;  // `path` goes on below a file
    const std::vector<TreeEntry> entries = list(found);
    const TreeEntry* entry = match(entries, part);
    if (entry == nullptr) return std::nullopt;
    directory = entry->directory;
    found += (found.empty() ? "" : "/") + entry->name;
  }
  return found;
}

std::unique_ptr<ByteSource> FileTree::open_if_present(const std::string& path) const {
  const std::optional<std::string> exact = find(path);
  if (!exact) return nullptr;
  try {
    return open(*exact);
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::not_found) return nullptr;  // `path` is a directory
    throw;
  }
}

}  // namespace goldhive
