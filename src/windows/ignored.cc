#include "src/windows/ignored.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "imgtools/bytes/text.h"

namespace goldhive::windows {
namespace {

/// How many characters must be added, removed or replaced to turn `a` into `b`. If that takes more
/// than `most`, the result is some number above `most`.
std::size_t slips(std::u16string_view a, std::u16string_view b, std::size_t most) {
  const std::size_t longer = std::max(a.size(), b.size());
  if (longer - std::min(a.size(), b.size()) > most) return longer;
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

bool is_slip(std::u16string_view name, std::u16string_view wanted) {
  constexpr std::size_t most = 2;
  return slips(fold(name), fold(wanted), most) <= most;
}

std::u16string fold(std::u16string_view name) {
  std::u16string folded;
  for (const char16_t c : name) {
    const bool space = c == u' ' || c == u'\t' || c == 0x00a0 || (c >= 0x2000 && c <= 0x200b) ||
                       c == 0x202f || c == 0x3000 || c == 0xfeff || c == 0;
    const bool divider = c == u'_' || c == u'-' || c == u'.' || c == u',';
    if (space || divider || c == u'v' || c == u'V') continue;
    const bool slash = c == 0x2215 || c == 0x2044 || c == 0xff0f;
    folded += slash ? u'/' : nt_upcase(c);
  }
  return folded;
}

void add_ignored(Installation& installation, IgnoredEntry entry) {
  constexpr std::size_t limit = 100;
  std::vector<IgnoredEntry>& found = installation.ignored;
  if (found.size() < limit) {
    found.push_back(std::move(entry));
    return;
  }
  std::vector<std::string>& warnings = installation.warnings;
  std::string cut = fmt::format("only the first {} stray keys and values are reported", limit);
  if (std::find(warnings.begin(), warnings.end(), cut) == warnings.end()) {
    warnings.push_back(std::move(cut));
  }
}

}  // namespace goldhive::windows
