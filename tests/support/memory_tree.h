// A file tree in memory: path -> content. Directories are what the paths name; add_directory()
// makes an empty one. For tests of everything that reads a FileTree.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "imgtools/bytes/error.h"
#include "imgtools/file_tree.h"

namespace goldhive::testing {

class MemoryTree final : public FileTree {
 public:
  MemoryTree() = default;
  explicit MemoryTree(std::map<std::string, Bytes> files) : files_(std::move(files)) {
    for (const auto& [path, data] : files_) add_parents(path);
  }

  void add(const std::string& path, Bytes data) {
    add_parents(path);
    files_[path] = std::move(data);
  }
  void add_directory(const std::string& path) {
    add_parents(path);
    directories_.insert(path);
  }
  /// Opening that file, or listing that directory, fails with Error(io).
  void make_unreadable(const std::string& path) { unreadable_.insert(path); }

  /// That directory leads elsewhere.
  void make_junction(const std::string& path) {
    add_directory(path);
    junctions_.insert(path);
  }

  void be_host_folder() { host_folder_ = true; }
  bool is_host_folder() const override { return host_folder_; }

  std::vector<TreeEntry> list(const std::string& directory) const override {
    ++lists_;
    if (unreadable_.count(directory) != 0) {
      throw Error(ErrorKind::io, "permission denied", directory);
    }
    if (!directory.empty() && directories_.count(directory) == 0) {
      throw Error(ErrorKind::not_found, "no such directory", directory);
    }
    const std::string prefix = directory.empty() ? "" : directory + "/";
    const auto direct_child = [&prefix](const std::string& path) {
      return path.size() > prefix.size() && path.compare(0, prefix.size(), prefix) == 0 &&
             path.find('/', prefix.size()) == std::string::npos;
    };
    std::map<std::string, TreeEntry> entries;
    for (const std::string& path : directories_) {
      if (direct_child(path)) {
        const std::string name = path.substr(prefix.size());
        const bool junction = junctions_.count(path) != 0;
        entries[name] = {name, !junction, 0, junction};
      }
    }
    for (const auto& [path, data] : files_) {
      if (direct_child(path)) {
        const std::string name = path.substr(prefix.size());
        entries[name] = {name, false, data.size()};
      }
    }
    std::vector<TreeEntry> sorted;
    for (auto& [name, entry] : entries) sorted.push_back(entry);
    return sorted;
  }

  std::unique_ptr<ByteSource> open(const std::string& path) const override {
    if (unreadable_.count(path) != 0) throw Error(ErrorKind::io, "permission denied", path);
    const auto file = files_.find(path);
    if (file == files_.end()) throw Error(ErrorKind::not_found, "no such file", path);
    return std::make_unique<MemorySource>(file->second, path);
  }

  /// Calls of list() so far.
  std::size_t lists() const { return lists_; }

 private:
  bool host_folder_ = false;
  void add_parents(const std::string& path) {
    for (std::size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1)) {
      directories_.insert(path.substr(0, at));
    }
  }

  std::map<std::string, Bytes> files_;
  std::set<std::string> directories_;
  std::set<std::string> unreadable_;
  std::set<std::string> junctions_;
  mutable std::size_t lists_ = 0;
};

}  // namespace goldhive::testing
