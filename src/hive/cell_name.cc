#include "src/hive/cell_name.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/nt_upcase.h"

namespace goldhive::hive {

std::u16string NameView::decode() const {
  if (compressed_) return std::u16string(bytes_.begin(), bytes_.end());
  return utf16_from_bytes(bytes_);
}

void NameView::odd(const ByteView& stored) {
  throw Error::corrupt(std::string(stored.name()), stored.origin(), "a UTF-16 name is cut",
                       "an even number of bytes", fmt::format("{} bytes", stored.size()));
}

int NameView::compare(const NameView& other) const {
  const NameView& a = *this;
  const NameView& b = other;
  const std::size_t common = std::min(a.size(), b.size());
  std::size_t i = 0;
  // Neighbours in a list mostly begin alike. Equal bytes need no upcasing to be seen as equal.
  if (a.compressed_ && b.compressed_) {
    while (i < common && a.bytes_[i] == b.bytes_[i]) ++i;
  }
  for (; i < common; ++i) {
    const char16_t x = nt_upcase_inline(a[i]);
    const char16_t y = nt_upcase_inline(b[i]);
    if (x != y) return x < y ? -1 : 1;
  }
  if (a.size() == b.size()) return 0;
  return a.size() < b.size() ? -1 : 1;
}

StoredName encode_name(std::u16string_view name) {
  StoredName stored;
  stored.compressed =
      !name.empty() && std::all_of(name.begin(), name.end(), [](char16_t c) { return c < 0x100; });
  for (const char16_t c : name) {
    stored.bytes.push_back(static_cast<std::uint8_t>(c & 0xff));
    if (!stored.compressed) stored.bytes.push_back(static_cast<std::uint8_t>(c >> 8));
  }
  return stored;
}

}  // namespace goldhive::hive
