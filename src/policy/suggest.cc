#include "src/policy/suggest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <numeric>

#include "imgtools/bytes/text.h"

namespace goldhive::policy {
namespace {

/// Levenshtein distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({row[j - 1] + 1, above + 1, change});
      diagonal = above;
    }
  }
  return row[b.size()];
}

/// "'a'", "'a' or 'b'", "'a', 'b' or 'c'".
std::string either(const std::vector<std::string_view>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += fmt::format("'{}'", words[i]);
  }
  return text;
}

/// Those that `word` is a part of.
std::vector<std::string_view> with_part(std::string_view word,
                                        const std::vector<std::string_view>& known) {
  constexpr std::size_t shortest = 2;
  std::vector<std::string_view> found;
  if (word.size() < shortest) return found;
  std::copy_if(known.begin(), known.end(), std::back_inserter(found), [&](std::string_view each) {
    return std::search(each.begin(), each.end(), word.begin(), word.end(), [](char a, char b) {
             return ascii_lower(a) == ascii_lower(b);
           }) != each.end();
  });
  return found;
}

}  // namespace

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known) {
  if (known.empty()) return {};
  // A word far longer than every known one is close to none of them. This also bounds the work.
  constexpr std::size_t longest = 64;
  if (word.size() <= longest) {
    const auto nearest =
        std::min_element(known.begin(), known.end(), [&](std::string_view a, std::string_view b) {
          return distance(word, a) < distance(word, b);
        });
    const std::size_t far = std::max<std::size_t>(2, nearest->size() / 3);
    if (distance(word, *nearest) <= far) return fmt::format("; did you mean '{}'?", *nearest);
    constexpr std::size_t most = 5;
    const std::vector<std::string_view> longer = with_part(word, known);
    if (!longer.empty() && longer.size() <= most) {
      return fmt::format("; did you mean {}?", either(longer));
    }
  }
  return fmt::format("; known: {}", fmt::join(known, ", "));
}

}  // namespace goldhive::policy
