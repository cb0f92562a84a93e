// Folders of the host that a command may need.
#pragma once

#include <string>

namespace goldhive::cli {

struct Places {
  std::string working;  ///< relative paths start here
  std::string scratch;  ///< temporary files
  std::string state;    ///< undo files that cannot lie beside their target; "" = none
};

/// From the environment: TMPDIR, XDG_STATE_HOME (HOME/.local/state), LOCALAPPDATA.
Places host_places();

/// `path`, or `path` below `working` if it is relative; no ".", ".." left.
std::string make_absolute(const std::string& path, const std::string& working);

}  // namespace goldhive::cli
