#include "imgtools/ntfs/upcase.h"

#include <algorithm>
#include <numeric>

namespace goldhive::ntfs {

char16_t Upcase::capital(char16_t c) const {
  std::vector<char16_t>& page = pages_[c / page_characters];
  if (page.empty()) {
    const std::size_t first = c / page_characters * page_characters;
    std::vector<char16_t> letters(page_characters);
    std::iota(letters.begin(), letters.end(), static_cast<char16_t>(first));
    const std::uint64_t there =
        std::min<std::uint64_t>(table_->size() / 2, first + page_characters);
    if (there > first) {
      Bytes bytes(2 * static_cast<std::size_t>(there - first));
      table_->read(2 * first, bytes);
      for (std::size_t i = 0; 2 * i < bytes.size(); ++i) {
        letters[i] = static_cast<char16_t>(bytes[2 * i] | (bytes[2 * i + 1] << 8));
      }
    }
    page = std::move(letters);
  }
  return page[c % page_characters];
}

int Upcase::compare(std::u16string_view a, std::u16string_view b) const {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (a[i] == b[i]) continue;
    const char16_t x = capital(a[i]);
    const char16_t y = capital(b[i]);
    if (x != y) return x < y ? -1 : 1;
  }
  return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
}

}  // namespace goldhive::ntfs
