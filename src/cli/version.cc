// The figures come from CMake (build_info.h.in, cmake/Dependencies.cmake), so that no file includes
// a library's header only to learn its version.
#include "src/cli/version.h"

#include <fmt/format.h>

#include "src/cli/build_info.h"

namespace goldhive::cli {

std::string tool_version() { return build_version; }

std::string version_text() {
  std::string text = fmt::format("goldhive {}\n", build_version);
  std::string lacks;
  for (const Library& l : build_libraries) {
    if (l.version.empty()) {
      lacks += fmt::format("  {:14} without it: {}\n", l.name, l.purpose);
    } else {
      text += fmt::format("  {:14} {}\n", l.name, l.version);
    }
  }
  return lacks.empty() ? text : text + "This build lacks:\n" + lacks;
}

}  // namespace goldhive::cli
