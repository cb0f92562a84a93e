// Version and machine of a file of System32 or SysWOW64.
#pragma once

#include <optional>
#include <string>

#include "imgtools/file_tree.h"
#include "src/windows/facts.h"
#include "src/windows/find_installations.h"

namespace goldhive::windows {

/// Reads `folder`/`module`. `folder` is a path in the place at `root`; nullopt: the tree does not
/// reach that far, so nothing is known of the file, and `expected_at` is what the fact names. A
/// file of which there is another one that differs in case only is unknown (rule E8).
FileVersionFact read_system_file(const FileTree& tree, const std::string& root,
                                 const std::optional<std::string>& folder,
                                 const std::string& expected_at, const std::string& module);

/// Whether the files of Windows are in this source. A backup of the registry alone has a System32
/// without a single file: what is missing there may well be on the disk.
bool has_system_files(const FileTree& tree, const Place& place);

}  // namespace goldhive::windows
