// The optional libraries of this build. A test that needs one which it lacks is skipped.
#pragma once

#include <string_view>

namespace goldhive::testing {

/// True if this build has `name`, as `goldhive --version` calls it ("libwim"). If not, the test is
/// marked as skipped and the caller is to return.
bool have_library(std::string_view name);

}  // namespace goldhive::testing
