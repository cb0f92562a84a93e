#include "imgtools/tree_storage.h"

#include "imgtools/error.h"

namespace goldhive {

std::optional<FileInfo> TreeStorage::stat(const std::string& path) const {
  const std::optional<std::string> exact = tree_->find(path);
  if (!exact) return std::nullopt;
  try {
    if (!exact->empty()) return FileInfo{FileType::file, tree_->open(*exact)->size(), 0, 0};
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::not_found) throw;
  }
  return FileInfo{FileType::directory, 0, 0, 0};
}

std::vector<DirectoryEntry> TreeStorage::list(const std::string& directory) const {
  const std::optional<std::string> exact = tree_->find(directory);
  if (!exact) throw Error(ErrorKind::not_found, "no such directory", directory);
  std::vector<DirectoryEntry> entries;
  for (const TreeEntry& entry : tree_->list(*exact)) {
    entries.push_back({entry.name, entry.directory ? FileType::directory : FileType::file});
  }
  return entries;
}

std::unique_ptr<ByteSource> TreeStorage::open(const std::string& path) const {
  const std::optional<std::string> exact = tree_->find(path);
  if (!exact) throw Error(ErrorKind::not_found, "no such file", path);
  return tree_->open(*exact);
}

}  // namespace goldhive
