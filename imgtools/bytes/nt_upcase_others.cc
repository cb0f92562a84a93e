// The upcase table of the kernel grew with Windows: it follows the letter pairs that Unicode adds,
// and never takes one back. nt_upcase() has the table of Windows Vista and 7 (Unicode 5.1). XP and
// 2003 have fewer pairs, Windows 8 and later have more. Which Windows has which pair is not
// documented, so a letter of a pair that came after Unicode 3.2 counts as one on which they differ.
//
// The facts below are the pairs of one code unit each of the Unicode Character Database (3.2, 14
// and 16), laid beside the table of nt_upcase.cc by a program. Old letters that Unicode maps and
// Windows never did (micro sign, dotless i, final sigma) are not among them.
#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "imgtools/bytes/nt_upcase.h"

namespace goldhive {

namespace {

/// Every `step`-th code unit from `first` to `last` goes up by adding `delta`, in a later Windows.
struct LaterRun {
  std::uint16_t first;
  std::uint16_t last;
  std::int32_t step;
  std::int32_t delta;
};

struct Range {
  std::uint16_t first;
  std::uint16_t last;
};

// clang-format off
constexpr LaterRun later[] = {
    {0x019b, 0x019b, 1, 42561}, {0x023f, 0x0240, 1, 10815}, {0x0252, 0x0252, 1, 10782},
    {0x025c, 0x025c, 1, 42319}, {0x0261, 0x0261, 1, 42315}, {0x0264, 0x0264, 1, 42343},
    {0x0265, 0x0265, 1, 42280}, {0x0266, 0x0266, 1, 42308}, {0x026a, 0x026a, 1, 42308},
    {0x026c, 0x026c, 1, 42305}, {0x0282, 0x0282, 1, 42307}, {0x0287, 0x0287, 1, 42282},
    {0x029d, 0x029d, 1, 42261}, {0x029e, 0x029e, 1, 42258}, {0x03f3, 0x03f3, 1, -116},
    {0x0525, 0x052f, 2, -1}, {0x10d0, 0x10fa, 1, 3008}, {0x10fd, 0x10ff, 1, 3008},
    {0x13f8, 0x13fd, 1, -8}, {0x1c80, 0x1c80, 1, -6254}, {0x1c81, 0x1c81, 1, -6253},
    {0x1c82, 0x1c82, 1, -6244}, {0x1c83, 0x1c84, 1, -6242}, {0x1c85, 0x1c85, 1, -6243},
    {0x1c86, 0x1c86, 1, -6236}, {0x1c87, 0x1c87, 1, -6181}, {0x1c88, 0x1c88, 1, 35266},
    {0x1c8a, 0x1c8a, 1, -1}, {0x1d8e, 0x1d8e, 1, 35384}, {0x2c5f, 0x2c5f, 1, -48},
    {0x2cec, 0x2cee, 2, -1}, {0x2cf3, 0x2cf3, 1, -1}, {0x2d27, 0x2d27, 1, -7264},
    {0x2d2d, 0x2d2d, 1, -7264}, {0xa661, 0xa661, 1, -1}, {0xa699, 0xa69b, 2, -1},
    {0xa791, 0xa793, 2, -1}, {0xa794, 0xa794, 1, 48}, {0xa797, 0xa7a9, 2, -1},
    {0xa7b5, 0xa7c3, 2, -1}, {0xa7c8, 0xa7ca, 2, -1}, {0xa7cd, 0xa7cd, 1, -1},
    {0xa7d1, 0xa7d1, 1, -1}, {0xa7d7, 0xa7db, 2, -1}, {0xa7f6, 0xa7f6, 1, -1},
    {0xab53, 0xab53, 1, -928}, {0xab70, 0xabbf, 1, -38864},
};

/// Letters that nt_upcase() changes and a Windows before Vista leaves as they are.
constexpr Range not_earlier[] = {
    {0x0180, 0x0180}, {0x019a, 0x019a}, {0x023c, 0x0251}, {0x026b, 0x026b}, {0x0271, 0x0271},
    {0x027d, 0x027d}, {0x0289, 0x0289}, {0x028c, 0x028c}, {0x0371, 0x037d}, {0x03d7, 0x03d7},
    {0x03f2, 0x03fb}, {0x04cf, 0x04cf}, {0x04f7, 0x04f7}, {0x04fb, 0x04ff}, {0x0511, 0x0523},
    {0x1d79, 0x1d7d}, {0x1efb, 0x1eff}, {0x214e, 0x214e}, {0x2184, 0x2184}, {0x2c30, 0x2d25},
    {0xa641, 0xa78c},
};
// clang-format on

/// The element of a sorted table whose bounds hold `c`; null if none does.
template <typename Element, std::size_t size>
const Element* holding(const Element (&table)[size], char16_t c) {
  const Element* found =
      std::lower_bound(std::begin(table), std::end(table), c,
                       [](const Element& e, char16_t unit) { return e.last < unit; });
  return found == std::end(table) || c < found->first ? nullptr : found;
}

}  // namespace

char16_t nt_upcase_of_others(char16_t c) {
  constexpr auto first = std::min(later[0].first, not_earlier[0].first);
  const char16_t ours = nt_upcase_inline(c);
  if (c < first) return ours;
  if (ours != c) return holding(not_earlier, c) != nullptr ? c : ours;
  const LaterRun* run = holding(later, c);
  if (run == nullptr || (c - run->first) % run->step != 0) return ours;
  return static_cast<char16_t>(c + run->delta);
}

}  // namespace goldhive
