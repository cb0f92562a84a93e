#include "imgtools/ntfs/attribute_list.h"

#include <fmt/format.h>

#include <utility>

#include "imgtools/bytes/text.h"
#include "imgtools/ntfs/corrupt.h"

namespace goldhive::ntfs {

std::vector<AttributeListEntry> parse_attribute_list(const ByteView& list) {
  constexpr std::size_t shortest = 26;
  std::vector<AttributeListEntry> entries;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t length = list.u16(at + 4);
    if (length < shortest || length > list.size() - at) {
      throw corrupt(list, at + 4, "bad length of an entry of an attribute list",
                    fmt::format("{} to {}", shortest, list.size() - at), fmt::to_string(length));
    }
    const ByteView stored = list.slice(at, length);
    AttributeListEntry entry;
    entry.type = static_cast<AttributeType>(stored.u32(0));
    if (const std::size_t characters = stored.u8(6); characters != 0) {
      entry.name = utf16_from_bytes(stored.slice(stored.u8(7), 2 * characters).span());
    }
    entry.first_cluster = stored.u64(8);
    entry.record = FileReference::parse(stored.u64(16));
    entry.id = stored.u16(24);
    entries.push_back(std::move(entry));
    at += length;
  }
  return entries;
}

}  // namespace goldhive::ntfs
