#include "src/hive/cell_name.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/error.h"
#include "imgtools/text.h"

namespace goldhive::hive {

std::u16string decode_name(const ByteView& stored, bool compressed) {
  if (compressed) return std::u16string(stored.span().begin(), stored.span().end());
  if (stored.size() % 2 != 0) {
    throw Error::corrupt(std::string(stored.name()), stored.origin(), "a UTF-16 name is cut",
                         "an even number of bytes", fmt::format("{} bytes", stored.size()));
  }
  return utf16_from_bytes(stored.span());
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
