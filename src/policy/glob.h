// Globs of waivers: '*' is any run of characters, '?' any one; everything else is itself.
#pragma once

#include <string_view>

namespace goldhive::policy {

/// Takes time in the product of the lengths at most.
bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace goldhive::policy
