#include "imgtools/file_tree.h"

#include <algorithm>

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

}  // namespace

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
