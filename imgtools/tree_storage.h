// A file tree as a storage, for an image inside another one: what lies in an ISO is opened as if it
// lay on a host, and so are the files beside it (the parts of a split WIM).
#pragma once

#include <memory>

#include "imgtools/file_tree.h"
#include "imgtools/host/storage_steps.h"

namespace goldhive {

/// Paths may begin with '/'. Names are matched as the tree matches them.
class TreeStorage final : public ReadStorage {
 public:
  explicit TreeStorage(std::shared_ptr<const FileTree> tree) : tree_(std::move(tree)) {}

  std::optional<FileInfo> stat(const std::string& path) const override;
  std::vector<DirectoryEntry> list(const std::string& directory) const override;
  std::unique_ptr<ByteSource> open(const std::string& path) const override;
  std::optional<std::string> read_link(const std::string&) const override { return std::nullopt; }
  std::optional<OwnFile> open_own(const std::string& path, const std::string&) const override {
    return open_own_by_name(*this, path);
  }

 private:
  std::shared_ptr<const FileTree> tree_;
};

}  // namespace goldhive
