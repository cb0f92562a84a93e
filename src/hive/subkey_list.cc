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

SubkeyListEntry entry_at(const ByteView& content, SubkeyListKind kind, std::size_t at) {
  SubkeyListEntry entry;
  entry.cell = content.u32(at);
  if (entry_size(kind) == 8) entry.hint = content.u32(at + 4);
  return entry;
}

bool hint_fits(std::uint32_t hint, std::u16string_view name) {
  if ((hint & 0xff) == 0) return true;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto hinted = static_cast<char16_t>((hint >> (8 * i)) & 0xff);
    const char16_t actual = i < name.size() ? name[i] : u'\0';
    if (nt_upcase(hinted) != nt_upcase(actual)) return false;
  }
  return true;
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
    list.entries[i] = entry_at(content, list.kind, subkey_list_entries_at + i * each);
  }
  return list;
}

SubkeyListHead parse_subkey_list_head(const ByteView& content) {
  SubkeyListHead head;
  head.kind = kind_of(content);
  head.count = content.u16(subkey_list_count_at);
  if (head.count != 0) head.first = entry_at(content, head.kind, subkey_list_entries_at);
  return head;
}

bool may_name(SubkeyListKind kind, const SubkeyListEntry& entry, const SoughtName& sought) {
  if (kind == SubkeyListKind::lh) return entry.hint == sought.hash;
  if (kind == SubkeyListKind::lf) return hint_fits(entry.hint, sought.name);
  return true;
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
