// What the search for ignored keys and the one for ignored values share.
#pragma once

#include <string>
#include <string_view>

#include "src/windows/facts.h"

namespace goldhive::windows {

/// The name without what the eye passes over: case, spaces of every kind, the letter v ("TLS v1.2")
/// and slashes that are none. Two different names that fold to the same are look-alikes.
std::u16string fold(std::u16string_view name);

/// Adds to Installation::ignored, up to a limit; that there are more is a warning.
void add_ignored(Installation& installation, IgnoredEntry entry);

}  // namespace goldhive::windows
