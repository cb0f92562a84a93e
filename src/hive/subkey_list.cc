#include "src/hive/subkey_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/error.h"
#include "imgtools/text.h"

namespace goldhive::hive {

namespace {

SubkeyListKind kind_of(const ByteView& content) {
  for (const auto kind :
       {SubkeyListKind::lf, SubkeyListKind::lh, SubkeyListKind::li, SubkeyListKind::ri}) {
    if (content.starts_with(to_string(kind))) return kind;
  }
  throw Error::corrupt(std::string(content.name()), content.origin(), "not a subkey list",
                       "the signature \"lf\", \"lh\", \"li\" or \"ri\"",
                       fmt::format("bytes {:02x} {:02x}", content.u8(0), content.u8(1)));
}

}  // namespace

const char* to_string(SubkeyListKind kind) {
  switch (kind) {
    case SubkeyListKind::lf:
      return "lf";
    case SubkeyListKind::lh:
      return "lh";
    case SubkeyListKind::li:
      return "li";
    case SubkeyListKind::ri:
      return "ri";
  }
  return "";
}

std::size_t entry_size(SubkeyListKind kind) {
  return kind == SubkeyListKind::lf || kind == SubkeyListKind::lh ? 8 : 4;
}

SubkeyList parse_subkey_list(const ByteView& content) {
  SubkeyList list;
  list.kind = kind_of(content);
  const std::size_t count = content.u16(subkey_list_count_at);
  const std::size_t each = entry_size(list.kind);
  const std::size_t room = (content.size() - subkey_list_entries_at) / each;
  if (count > room) {
    throw Error::corrupt(std::string(content.name()), content.origin() + subkey_list_count_at,
                         "a subkey list is longer than its cell",
                         fmt::format("at most {} entries", room), fmt::format("{}", count));
  }
  list.entries.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = subkey_list_entries_at + i * each;
    list.entries[i].cell = content.u32(at);
    if (each == 8) list.entries[i].hint = content.u32(at + 4);
  }
  return list;
}

std::uint32_t name_hash(std::u16string_view name) {
  std::uint32_t hash = 0;
  for (const char16_t c : name) hash = hash * 37 + nt_upcase(c);
  return hash;
}

std::uint32_t name_hint(std::u16string_view name) {
  std::uint32_t hint = 0;
  for (std::size_t i = std::min<std::size_t>(name.size(), 4); i > 0; --i) {
    if (name[i - 1] > 0xff) break;
    hint |= static_cast<std::uint32_t>(name[i - 1]) << (8 * (i - 1));
  }
  return hint;
}

}  // namespace goldhive::hive
