#include "imgtools/tree_storage.h"

#include "imgtools/bytes/error.h"

namespace goldhive {

namespace {

/// The device of files that are none of the host.
constexpr std::uint64_t no_device = UINT64_MAX;

/// The number by which two files of a tree are told apart: a hash of the path (FNV-1a).
std::uint64_t identity_of(const std::string& path) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : path) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

std::optional<FileInfo> TreeStorage::stat(const std::string& path) const {
  const std::optional<std::string> exact = tree_->find(path);
  if (!exact) return std::nullopt;
  try {
    if (!exact->empty()) {
      return FileInfo{FileType::file, tree_->open(*exact)->size(), no_device, identity_of(*exact)};
    }
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
