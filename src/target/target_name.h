// The names of targets and of what lies in them. The id of an installation is the path of its
// target, followed by what leads from there to the installation:
//
//   win7                              a folder, or the only installation in it
//   win7:/Windows.old                 the installation in a folder of it
//   install.wim@2                     image 2 of a WIM
//   disk.vhd:p2                       volume 2 of a disk, or the only installation in it
//   disk.vhd:p2:/Windows.old          the installation in a folder of that volume
//   win7.iso/sources/install.wim@2    image 2 of a WIM that lies in an ISO
//
// "@2", ":p2" and "/sources/install.wim@2" are the ids of volumes (Volume::id). A user may name any
// of these, and may leave off the end: "win7.iso/sources/install.wim" is all images of that WIM.
//
// A path of the host can hold "@" and ":" itself. So a name is split by what is there, never by its
// characters alone; all that does so is in this file.
#pragma once

#include <optional>
#include <string>

#include "imgtools/host/storage.h"

namespace goldhive::target {

/// A target, or a part of one.
struct TargetName {
  std::string path;      ///< a file or folder of the host
  std::string selector;  ///< what follows the path: "@2", ":p2:/Windows.old"; "" is all of it

  /// The id of the volume or installation to which `rest` leads from the path.
  std::string id_of(const std::string& rest) const { return path + rest; }
  /// What follows the path in `id`, which must be the id of something in this target.
  std::string rest_of(const std::string& id) const { return id.substr(path.size()); }

  /// True if the selector names the volume, or something in it, or something that holds it.
  bool may_be_in(const std::string& volume_id) const;
  /// True if the selector names the installation whose id goes on with `rest` behind the path, or
  /// something that holds it.
  bool selects(const std::string& rest) const;
  /// The folder of that volume that the selector names, without its first slash; "" if none.
  std::string folder_in(const std::string& volume_id) const;
};

/// Splits what a user typed. A path that exists as it stands is never split.
TargetName split_target(const ReadStorage& storage, const std::string& text);

/// "2" of the volume id "@2"; nullopt of a volume that is no image of a file with several.
std::optional<std::string> image_number(const std::string& volume_id);

}  // namespace goldhive::target
