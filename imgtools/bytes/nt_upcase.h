// nt_upcase() of text.h as a table, without a call: for loops over millions of characters, such as
// the check of a whole hive. Also tells where the tables of different Windows disagree: what one
// Windows sorted must not be called out of order by the table of another.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "imgtools/bytes/text.h"

namespace goldhive {

/// The code units below 256, upcased: nearly all that names are made of.
extern const std::array<char16_t, 256> nt_upcase_latin1;

inline char16_t nt_upcase_inline(char16_t c) {
  return c < nt_upcase_latin1.size() ? nt_upcase_latin1[c] : nt_upcase(c);
}

/// What an older or a newer Windows makes of `c`, if that differs from nt_upcase(c); else
/// nt_upcase(c).
char16_t nt_upcase_of_others(char16_t c);

/// Whether every Windows puts two names in the same order. A name has size() in code units and
/// operator[].
template <typename NameA, typename NameB>
bool nt_order_is_settled(const NameA& a, const NameB& b) {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (a[i] == b[i]) continue;
    const char16_t x = nt_upcase_inline(a[i]), x2 = nt_upcase_of_others(a[i]);
    const char16_t y = nt_upcase_inline(b[i]), y2 = nt_upcase_of_others(b[i]);
    if (x == x2 && y == y2) {
      if (x != y) return true;
      continue;
    }
    return std::max(x, x2) < std::min(y, y2) || std::min(x, x2) > std::max(y, y2);
  }
  return true;
}

/// Whether every Windows upcases a name alike.
template <typename Name>
bool nt_upcase_is_settled(const Name& name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (nt_upcase_inline(name[i]) != nt_upcase_of_others(name[i])) return false;
  }
  return true;
}

}  // namespace goldhive
