// Disks that rest on other files, seen from those files: a parent does not know its children, nor
// an extent its descriptor. Whoever is going to change or replace a file asks here what would read
// it as a part of itself. Only the folder of the file is looked at, where chains usually lie.
#pragma once

#include <string>
#include <vector>

#include "imgtools/host/storage.h"
#include "imgtools/host_change.h"

namespace goldhive {

/// The files that a disk names, whether they are there or not. Of a VHD or VHDX, which name their
/// parent in several ways, all that may be meant.
struct NamedFiles {
  std::vector<std::string> parents;
  std::vector<std::string> parts;  ///< extents of a VMDK, the data file of a qcow2

  std::vector<std::string> all() const;
};

/// Empty for what is no disk that names files, or is too damaged to tell. `folders`: where parents
/// may lie besides (FilePlaces).
NamedFiles files_named_by(const ReadStorage& storage, const std::string& path,
                          const std::vector<std::string>& folders = {});

/// Whether a name in a disk means the file at `path`, which need not be there.
bool is_named(const ReadStorage& storage, const std::vector<std::string>& names,
              const std::string& path);

struct ChildDisk {
  std::string path;
  /// It knows its parent by a mark that a change of the parent changes, so that nobody reads it
  /// over another state of the parent: all but a qcow2.
  bool notices = true;
};

/// The disks beside `path` that are read over it, as it is now.
std::vector<ChildDisk> children_beside(const ReadStorage& storage, const std::string& path);

/// The disks that a change of disks cuts off from their parent, which notice it. Error(refused) if
/// one would not notice, and be read over a disk that it was not made from.
std::vector<std::string> children_cut_off_by(const ReadStorage& storage, const HostChange& change);

}  // namespace goldhive
