// Symbolic links and mount points of NTFS.
#pragma once

#include <optional>
#include <string>

namespace goldhive::win32 {

/// Where the link at `path` leads, as a path a user would write; nullopt if it is none.
std::optional<std::string> link_target(const std::string& path);

}  // namespace goldhive::win32
