// What the search for ignored keys and the one for ignored values share.
#pragma once

#include <string>
#include <string_view>

#include "src/windows/facts.h"

namespace goldhive::windows {

/// The name without what a reader overlooks: case, spaces of every kind, what else divides words
/// and numbers ("TLS 1_2") and the letter v ("TLS v1.2"). Characters that look like a slash become
/// one. Two different names with the same result are look-alikes.
std::u16string fold(std::u16string_view name);

/// True if few characters of the folded name must be added, removed or replaced to have the other.
bool is_slip(std::u16string_view name, std::u16string_view wanted);

/// Adds to Installation::ignored, up to a limit. A warning says that there are more.
void add_ignored(Installation& installation, IgnoredEntry entry);

}  // namespace goldhive::windows
