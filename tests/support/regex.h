// Regular expressions for tests. <regex> is compiled in one file: a unit that includes it takes two
// seconds more.
#pragma once

#include <string>
#include <vector>

namespace goldhive::testing {

/// A match of a pattern: the whole, then what its groups caught.
using Match = std::vector<std::string>;

/// Every match of a pattern (ECMAScript) in a text, from left to right.
std::vector<Match> all_matches(const std::string& text, const std::string& pattern);

/// A text with every match replaced; "$1" in the replacement stands for the first group.
std::string replace_all(const std::string& text, const std::string& pattern,
                        const std::string& replacement);

}  // namespace goldhive::testing
