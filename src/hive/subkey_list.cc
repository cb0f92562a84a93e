#include "src/hive/subkey_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/nt_upcase.h"

namespace goldhive::hive {

namespace {

SubkeyListKind kind_of(const ByteView& content) {
  switch (content.u16(0)) {
    case 'l' | 'f' << 8:
      return SubkeyListKind::lf;
    case 'l' | 'h' << 8:
      return SubkeyListKind::lh;
    case 'l' | 'i' << 8:
      return SubkeyListKind::li;
    case 'r' | 'i' << 8:
      return SubkeyListKind::ri;
    default:
      break;
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

SubkeyListView parse_subkey_list_view(const ByteView& content) {
  SubkeyListView list;
  list.kind = kind_of(content);
  list.count = content.u16(subkey_list_count_at);
  list.content = content;
  const std::size_t room = (content.size() - subkey_list_entries_at) / entry_size(list.kind);
  if (list.count > room) {
    throw Error::corrupt(std::string(content.name()), content.origin() + subkey_list_count_at,
                         "a subkey list is longer than its cell",
                         fmt::format("at most {} entries", room), fmt::format("{}", list.count));
  }
  return list;
}

std::size_t subkey_list_size(const ByteView& head) {
  return subkey_list_entries_at + head.u16(subkey_list_count_at) * entry_size(kind_of(head));
}

SubkeyList parse_subkey_list(const ByteView& content) {
  const SubkeyListView view = parse_subkey_list_view(content);
  SubkeyList list;
  list.kind = view.kind;
  list.entries.resize(view.count);
  for (std::size_t i = 0; i < view.count; ++i) list.entries[i] = view.entry(i);
  return list;
}

SubkeyListHead parse_subkey_list_head(const ByteView& content) {
  SubkeyListHead head;
  head.kind = kind_of(content);
  head.count = content.u16(subkey_list_count_at);
  if (head.count != 0) head.first = SubkeyListView{head.kind, head.count, content}.entry(0);
  return head;
}

bool may_name(SubkeyListKind kind, const SubkeyListEntry& entry, const SoughtName& sought) {
  if (kind == SubkeyListKind::lh) return entry.hint == sought.hash;
  return !misleads(kind, entry, sought.name);
}

std::uint32_t name_hash(std::u16string_view name) {
  std::uint32_t hash = 0;
  for (const char16_t c : name) hash = hash * 37 + nt_upcase(c);
  return hash;
}

std::uint32_t name_hash(const NameView& name) {
  const auto at = [&name](std::size_t i) -> std::uint32_t { return nt_upcase_inline(name[i]); };
  // Four units in one step: the chain of multiplications takes the time, and this shortens it.
  constexpr std::uint32_t p1 = 37, p2 = p1 * p1, p3 = p2 * p1, p4 = p3 * p1;
  std::uint32_t hash = 0;
  std::size_t i = 0;
  for (; i + 4 <= name.size(); i += 4) {
    hash = hash * p4 + (at(i) * p3 + at(i + 1) * p2 + at(i + 2) * p1 + at(i + 3));
  }
  for (; i < name.size(); ++i) hash = hash * p1 + at(i);
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
