#include "tests/support/regex.h"

#include <regex>

namespace goldhive::testing {

std::vector<Match> all_matches(const std::string& text, const std::string& pattern) {
  std::vector<Match> matches;
  const std::regex compiled(pattern);
  for (std::sregex_iterator it(text.begin(), text.end(), compiled), end; it != end; ++it) {
    matches.emplace_back(it->begin(), it->end());
  }
  return matches;
}

std::string replace_all(const std::string& text, const std::string& pattern,
                        const std::string& replacement) {
  return std::regex_replace(text, std::regex(pattern), replacement);
}

}  // namespace goldhive::testing
