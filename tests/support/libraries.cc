#include "tests/support/libraries.h"

#include <algorithm>
#include <string>

#include "src/cli/build_info.h"
#include "tests/skip.h"

namespace goldhive::testing {

bool have_library(std::string_view name) {
  const bool found = std::any_of(cli::build_libraries.begin(), cli::build_libraries.end(),
                                 [&](const cli::Library& library) {
                                   return library.name == name && !library.version.empty();
                                 });
  if (!found) skip("this build has no " + std::string(name));
  return found;
}

}  // namespace goldhive::testing
