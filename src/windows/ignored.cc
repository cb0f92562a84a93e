#include "src/windows/ignored.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/text.h"

namespace goldhive::windows {

std::u16string fold(std::u16string_view name) {
  std::u16string folded;
  for (const char16_t c : name) {
    const bool space = c == u' ' || c == u'\t' || c == 0x00a0 || (c >= 0x2000 && c <= 0x200b) ||
                       c == 0x202f || c == 0x3000 || c == 0xfeff || c == 0;
    if (space || c == u'v' || c == u'V') continue;
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
