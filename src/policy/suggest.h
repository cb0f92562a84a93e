// "did you mean": the nearest of the words that would have been right.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace goldhive::policy {

/// "; did you mean 'required'?" if one of `known` is near to `word`, or "'a' or 'b'" if it is a
/// part of a few, in any case; else "; known: a, b, c" (or "" if nothing is known).
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace goldhive::policy
