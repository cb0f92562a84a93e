// nt_upcase() of text.h for loops over millions of characters, such as the check of a whole hive:
// as a table and without a call.
#pragma once

#include <array>

#include "imgtools/bytes/text.h"

namespace goldhive {

/// The code units below 256, upcased: nearly all that names are made of.
extern const std::array<char16_t, 256> nt_upcase_latin1;

inline char16_t nt_upcase_inline(char16_t c) {
  return c < nt_upcase_latin1.size() ? nt_upcase_latin1[c] : nt_upcase(c);
}

}  // namespace goldhive
