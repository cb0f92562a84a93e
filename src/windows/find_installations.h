// Where in a file tree Windows lies, by names alone: no file is opened here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/bytes/error.h"
#include "imgtools/file_tree.h"

namespace goldhive::windows {

/// A file that is a hive by its name, or might be one.
struct HiveFile {
  std::string path;  ///< exact
  std::uint64_t size = 0;
  /// Another file that the same name means, as Windows does not tell upper from lower case; or the
  /// folder where it would lie.
  std::string twin;
};

/// A hive is a base block of 4096 bytes and bins that are multiples of it.
bool may_be_hive_by_size(std::uint64_t size);

/// One installation, or one folder of hives.
struct Place {
  /// The folder that holds the Windows folder or the loose hives; "" is the root of the tree.
  std::string root;
  /// The Windows folder ("" if it is the root of the tree); nullopt for loose hives.
  std::optional<std::string> windows;
  /// System32; also known where the tree begins there. nullopt for other loose hives.
  std::optional<std::string> system32;
  /// The hives by name. Their content is not yet looked at.
  std::optional<HiveFile> software, system;
  /// Files of a flat folder whose names do not say what they are (SYSTEM_2016, software.hiv): only
  /// where there are no hives by name.
  std::vector<HiveFile> unnamed;
  bool regback = false;  ///< hives of config\RegBack, because that folder was given
  std::vector<std::string> warnings;
  /// Why a folder of the tree, which may hold another Windows, could not be looked into, where the
  /// tree itself is the reason: not where this user may not read a folder of the host.
  std::optional<Error> not_looked_into;

  bool loose() const { return !windows; }
};

/// Every installation of the tree, shallow before deep, then by name. Looks at every folder but
/// those inside of a Windows folder and those that stand beside one and never hold another; of a
/// folder of the host at two levels and into a Windows.old there (FileTree::is_host_folder); and of
/// a tree that has to be read at no more than some thousands.
///
/// `target` is what the tree was opened from: a tree does not know the name of its own root, and
/// RegBack is told by its name. If no folder holds any: throws what reading a folder threw, or
/// Error(unsupported) if not all folders were looked at.
std::vector<Place> find_installations(const FileTree& tree, const std::string& target);

/// The same in one folder of the tree, as if that were the root; what is found has paths of the
/// tree all the same. Empty if there is no such folder.
std::vector<Place> find_installations_in(const FileTree& tree, const std::string& target,
                                         const std::string& folder);

/// The first of FileTree::twins() of an exact path in the place at `root`; "" if there is none.
std::string twin_of(const FileTree& tree, const std::string& root, const std::string& path);

/// Why a file is not read that has such a twin, to follow its path.
std::string why_not_read(const std::string& twin);

/// "a/b" and "c" -> "a/b/c"; "" and "c" -> "c".
std::string join_path(const std::string& folder, const std::string& name);

}  // namespace goldhive::windows
