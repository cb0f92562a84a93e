// From a volume to facts: finds the Windows installations in a file tree and reads what the checks
// need, no more.
#pragma once

#include <string>
#include <vector>

#include "imgtools/file_tree.h"
#include "imgtools/volume.h"
#include "src/windows/facts.h"

namespace goldhive::windows {

struct InspectOptions {
  bool use_logs = true;  ///< --no-logs: read dirty hives without their logs
  bool hash = false;     ///< fill HiveFact::sha256
  bool dotnet = false;   ///< read the .NET values (only where a policy asks)
  bool wininet = false;
  /// Not "": judge what is in this folder of the volume and nothing else (one Windows of several,
  /// copies in RegBack, what lies too deep to be found). The id then ends in ":/" and a folder.
  std::string folder;
  /// The files of Windows for hives that lie without them; null: there are none.
  const FileTree* files = nullptr;
};

/// Whether `files` can serve as InspectOptions::files: Windows, System32, or a folder with the
/// DLLs.
bool has_windows_files(const FileTree& files);

/// All installations of one volume, in a fixed order (shallow before deep, then by name).
/// `target` is the path as given on the command line. An empty result means: no Windows here.
/// Throws what reading a folder threw if nothing was found in the others.
/// A hive that cannot be read is a fact (HiveFact::error), not an exception; but where a target
/// without volumes of its own (a folder, a hive file) holds no installation and only loose hives
/// that are broken or of another kind, the error that says so is thrown.
std::vector<Installation> inspect(const Volume& volume, const std::string& target,
                                  const InspectOptions& options);

}  // namespace goldhive::windows
