#pragma once

#include <string>

namespace goldhive::cli {

/// "0.2.0".
std::string tool_version();

/// What `goldhive --version` prints: the version, the libraries it was built with, and what this
/// build lacks.
std::string version_text();

}  // namespace goldhive::cli
