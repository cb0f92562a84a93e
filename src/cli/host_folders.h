// Folders of the host that a command may need.
#pragma once

#include <string>

namespace goldhive::cli {

struct HostFolders {
  std::string working;  ///< relative paths start here
  std::string scratch;  ///< temporary files
  std::string state;    ///< undo files that cannot lie beside their target; "" = none
};

/// From the environment: TMPDIR, XDG_STATE_HOME (HOME/.local/state), LOCALAPPDATA.
HostFolders host_folders();

/// `path`, or `path` below `working` if it is relative; no ".", ".." left.
std::string make_absolute(const std::string& path, const std::string& working);

}  // namespace goldhive::cli
