// The files of one image of a WIM.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "imgtools/file_tree.h"
#include "imgtools/wim/wim_container.h"
#include "imgtools/wim/wim_directory.h"

namespace goldhive {

class WimTree final : public FileTree {
 public:
  /// `name` is the start of its files' names in errors: "install.wim@2". Throws Error(corrupt).
  /// list() hands out at most `max_listed` entries in all. A search for Windows needs some
  /// thousand; in directories that share their entries, a few bytes could ask for any amount of
  /// memory.
  WimTree(std::shared_ptr<const WimContainer> wim, std::uint32_t image, std::string name,
          std::size_t max_listed = 1 << 20);

  std::vector<TreeEntry> list(const std::string& directory) const override;
  std::unique_ptr<ByteSource> open(const std::string& path) const override;
  std::optional<std::string> find(const std::string& path) const override;
  std::uint64_t other_names(const std::string& path) const override;
  std::vector<std::string> notes() const override { return {notes_.begin(), notes_.end()}; }

  /// The file of that exact path. Error(not_found) if nothing or a directory is there.
  WimDentry file(const std::string& path) const;
  /// Calls `visit` with each name of a file: with `file`, or with all dentries of its hard link.
  void each_name(const WimDentry& file, const std::function<void(const WimDentry&)>& visit) const;

 private:
  std::optional<WimDentry> look_up(const std::string& path, bool exact, std::string& found) const;
  std::optional<WimDentry> child(const WimDentry& directory, const std::string& name,
                                 bool exact) const;
  std::uint64_t size_of(const WimDentry& dentry) const;

  std::shared_ptr<const WimContainer> wim_;
  std::string name_;
  WimMetadata metadata_;
  std::size_t max_listed_;
  mutable std::map<std::string, WimDentry> directories_;  // by exact path
  mutable std::map<std::uint64_t, WimDirectory> walked_;  // by where their entries start
  mutable HeldBytes held_;                                // for walked_
  mutable std::set<std::string> notes_;
  mutable std::size_t listed_ = 0;  // entries that list() has handed out
};

}  // namespace goldhive
