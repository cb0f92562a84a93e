#include "imgtools/file_tree.h"

#include <algorithm>

#include "imgtools/error.h"
#include "imgtools/text.h"

namespace goldhive {

namespace {

/// The entry of `entries` that `name` means: the exact one, else the first that differs in case.
const TreeEntry* match(const std::vector<TreeEntry>& entries, const std::string& name) {
  const TreeEntry* similar = nullptr;
  for (const TreeEntry& entry : entries) {
    if (entry.name == name) return &entry;
    if (similar == nullptr && nt_equal(entry.name, name)) similar = &entry;
  }
  return similar;
}

}  // namespace

std::optional<std::string> FileTree::find(const std::string& path) const {
  std::string found;
  std::size_t start = 0;
  while (start < path.size()) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string part = path.substr(start, end - start);
    start = end + 1;
    if (part.empty()) continue;
    const std::vector<TreeEntry> entries = list(found);
    const TreeEntry* entry = match(entries, part);
    if (entry == nullptr || (!entry->directory && start < path.size())) return std::nullopt;
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
    if (e.kind() == ErrorKind::not_found) return nullptr;  // a directory
    throw;
  }
}

}  // namespace goldhive
