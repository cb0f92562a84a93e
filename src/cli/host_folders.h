// Folders of the host that a command may need.
#pragma once

#include <string>

namespace goldhive::cli {

struct HostFolders {
  std::string working;            ///< relative paths start here
  std::string scratch;            ///< temporary files
  std::string state;              ///< undo files that cannot lie beside their target; "" = none
  std::string usual_config = {};  ///< the configuration file that nobody needs to name; "" = none
  std::string named_config = {};  ///< the one that the environment names; "" = none
};

/// From the environment: TMPDIR, XDG_STATE_HOME (HOME/.local/state), LOCALAPPDATA, XDG_CONFIG_HOME
/// (HOME/.config), APPDATA, GOLDHIVE_CONFIG.
HostFolders host_folders();

/// `path`, or `path` below `working` if it is relative; no ".", ".." left.
std::string make_absolute(const std::string& path, const std::string& working);

/// "/" or "C:\", where an absolute path begins; "" of a relative one.
std::string root_of(const std::string& path);

}  // namespace goldhive::cli
