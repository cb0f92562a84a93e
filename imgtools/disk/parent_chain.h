// Differencing disks: finding the file that a child's locators mean.
//
// Windows wrote the locators on the machine where the child was made: a relative path with
// backslashes, an absolute one with a drive letter, the path below a volume GUID. On the host that
// examines the image only the relative path can still be right, or the bare name, for a parent
// beside its child: such chains are usually copied like that. Case may differ. A hostile child
// could name any file of the host, so a parent must lie below the folder of the image or in a
// folder that the user named (file_places.h).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "imgtools/host/file_places.h"
#include "imgtools/host/storage.h"

namespace goldhive {

/// The files of a chain opened so far, so that a child that is its own ancestor ends in an error.
class ParentChain {
 public:
  /// `places`: where parents may lie. They must outlive this object.
  ParentChain(const ReadStorage& storage, const FilePlaces& places)
      : storage_(&storage), places_(&places) {}

  const ReadStorage& storage() const { return *storage_; }
  const FilePlaces& places() const { return *places_; }

  /// Adds `path` as the next file of the chain. Error(corrupt) if the chain has it already, or is
  /// longer than any real chain.
  void enter(const std::string& path);

 private:
  const ReadStorage* storage_;
  const FilePlaces* places_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> seen_;  // device and inode
};

/// What a child says of where its parent is: paths as Windows writes them, in UTF-8.
struct ParentPaths {
  std::vector<std::string> relative;  ///< relative to the child's directory
  std::vector<std::string> absolute;  ///< with a drive, a volume, a share; or of another OS
};

/// The existing files that those paths may mean, best first, without repetition: relative paths,
/// then absolute paths that are of this host's kind, then the bare names beside the child and in
/// the folders that the user named. Files outside of `places` are left out. If no file is left:
/// Error(refused) if there could be one outside, else Error(not_found), naming all that was tried.
std::vector<std::string> find_parents(const ReadStorage& storage, const FilePlaces& places,
                                      const std::string& child, const ParentPaths& paths);

}  // namespace goldhive
