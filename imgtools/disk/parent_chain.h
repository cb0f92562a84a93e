// Differencing disks: finding the file that a child's locators mean.
//
// The locators were written by Windows on the machine where the child was made: a relative path
// with backslashes, an absolute one with a drive letter, the path below a volume GUID. On the host
// that examines the image only the relative one can still be true, or the bare name of the file
// beside the child, which is how such chains are usually copied. Case may differ. Whoever made the
// child could name any file of the host, so a parent lies below the folder of the image or in one
// that the user named (file_places.h).
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
  /// `places`: where parents may lie; must outlive this.
  ParentChain(const ReadStorage& storage, const FilePlaces& places)
      : storage_(&storage), places_(&places) {}

  const ReadStorage& storage() const { return *storage_; }
  const FilePlaces& places() const { return *places_; }

  /// Notes that `path` is the next file of the chain. Error(corrupt) if it is in it already or the
  /// chain is longer than any real one.
  void enter(const std::string& path);

 private:
  const ReadStorage* storage_;
  const FilePlaces* places_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> seen_;  // device and inode
};

/// What a child records of where its parent is: paths as Windows writes them, UTF-8.
struct ParentPaths {
  std::vector<std::string> relative;  ///< to the child's directory
  std::vector<std::string> absolute;  ///< with a drive, a volume, a share, or of another host
};

/// The existing files those paths may mean, best first, without repetition: relative paths, then
/// absolute ones as they stand if they are of this host's kind, then the names alone beside the
/// child and in the folders that the user named. What lies outside of `places` is passed over.
/// Error(not_found), naming all that was tried, if there is none; Error(refused) if there could be
/// one outside.
std::vector<std::string> find_parents(const ReadStorage& storage, const FilePlaces& places,
                                      const std::string& child, const ParentPaths& paths);

}  // namespace goldhive
