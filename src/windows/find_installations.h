// Where in a file tree Windows lies, by names alone: no file is opened here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/file_tree.h"

namespace goldhive::windows {

/// A file that is a hive by its name, or might be one.
struct HiveFile {
  std::string path;  ///< exact
  std::uint64_t size = 0;
};

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

  bool loose() const { return !windows; }
};

/// Every installation of the tree, shallow before deep, then by name. Looks at the root and two
/// levels of folders below it, into a Windows.old there, and into a System32\config where there is
/// one; never deeper, but in a tree that is in memory (FileTree::known_hives): there every folder
/// is looked at.
///
/// `target` is what the tree was opened from: a tree does not know the name of its own root, and
/// RegBack is told by its name. Throws what reading a folder threw if no other folder holds any.
std::vector<Place> find_installations(const FileTree& tree, const std::string& target);

/// The hives that lie in one folder of the tree; empty if there is no such folder or none in it.
std::vector<Place> find_hives_in(const FileTree& tree, const std::string& target,
                                 const std::string& folder);

/// "a/b" and "c" -> "a/b/c"; "" and "c" -> "c".
std::string join_path(const std::string& folder, const std::string& name);

}  // namespace goldhive::windows
