// Subkey lists: how a key finds its subkeys. Leaves hold key nodes, sorted by upcased name:
//   "li"  cell offsets alone                                              (1.2 and before; rare)
//   "lf"  offset + the first four characters of the name as a hint        (1.3)
//   "lh"  offset + a hash of the name                                     (1.5)
// and "ri" holds leaves, for keys with more subkeys than one leaf takes.
//
// What is odd about it:
// - The lf hint keeps the case of the name. It is filled from the fourth character backwards, up to
//   a character above 255. So if its first byte is 0, the hint is of no use.
// - The hash upcases by the kernel's table, outside ASCII too; some tools get that wrong.
// - The kernel relies on the order to choose a leaf of an ri, and on the hash to choose an entry: a
//   key with a wrong hash is listed but cannot be opened.
//
// Source: msuhanov/regf, "Index leaf", "Fast leaf", "Hash leaf", "Index root".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "imgtools/bytes/bytes.h"
#include "imgtools/bytes/nt_upcase.h"
#include "src/hive/cell_name.h"
#include "src/hive/hive.h"

namespace goldhive::hive {

enum class SubkeyListKind { lf, lh, li, ri };
/// "lf", ...
const char* to_string(SubkeyListKind kind);

struct SubkeyListEntry {
  CellOffset cell = no_cell;  ///< a key node; in an ri a leaf
  std::uint32_t hint = 0;     ///< lf: four characters as a little-endian number; lh: the hash
};

struct SubkeyList {
  SubkeyListKind kind = SubkeyListKind::lh;
  std::vector<SubkeyListEntry> entries;
};

/// Where the 16-bit count and the entries lie in the cell's content.
inline constexpr std::size_t subkey_list_count_at = 2;
inline constexpr std::size_t subkey_list_entries_at = 4;
/// The size of an entry: 8 in lf and lh, 4 in li and ri.
constexpr std::size_t entry_size(SubkeyListKind kind) {
  return kind == SubkeyListKind::lf || kind == SubkeyListKind::lh ? 8 : 4;
}

/// A list whose entries stay in the cell.
struct SubkeyListView {
  SubkeyListKind kind = SubkeyListKind::lh;
  std::uint16_t count = 0;
  ByteView content;  ///< holds `count` entries

  SubkeyListEntry entry(std::size_t i) const {
    const std::size_t at = subkey_list_entries_at + i * entry_size(kind);
    return {content.u32(at), entry_size(kind) == 8 ? content.u32(at + 4) : 0};
  }
};

/// Error(corrupt) if it is none of the four kinds, or its entries do not fit into the cell.
SubkeyListView parse_subkey_list_view(const ByteView& content);
/// As parse_subkey_list_view(), with the entries.
SubkeyList parse_subkey_list(const ByteView& content);

/// The size of a list with all its entries and its header, computed from the first four bytes.
std::size_t subkey_list_size(const ByteView& head);

/// The start of a list, for a reader that needs only its first entry.
struct SubkeyListHead {
  SubkeyListKind kind = SubkeyListKind::lh;
  std::uint16_t count = 0;
  SubkeyListEntry first;  ///< meaningless if count is 0
};
inline constexpr std::size_t subkey_list_head_size = 12;
SubkeyListHead parse_subkey_list_head(const ByteView& content);

/// The hash of this name in an lh entry.
std::uint32_t name_hash(std::u16string_view name);
std::uint32_t name_hash(const NameView& name);
/// The hint of this name in an lf entry.
std::uint32_t name_hint(std::u16string_view name);

/// A name to compare entries with: its hash is computed once for a whole list.
struct SoughtName {
  explicit SoughtName(std::u16string_view sought) : name(sought), hash(name_hash(sought)) {}
  std::u16string_view name;
  std::uint32_t hash;
};

/// Whether an entry of a leaf can belong to a key of that name, by its hint or hash. Never false
/// for a sound entry of that key; always true in an li.
bool may_name(SubkeyListKind kind, const SubkeyListEntry& entry, const SoughtName& sought);

/// Whether an entry keeps the kernel from finding the key of that name: a wrong hash in an lh, a
/// wrong hint in an lf. Of a hint, the kernel compares the characters before the first 0, without
/// regard to case; only if they agree, it reads the name itself. A hash that another Windows
/// computes differently does not count as wrong.
template <typename Name>
bool misleads(SubkeyListKind kind, const SubkeyListEntry& entry, const Name& name) {
  if (kind == SubkeyListKind::lh) {
    return entry.hint != name_hash(name) && nt_upcase_is_settled(name);
  }
  if (kind != SubkeyListKind::lf) return false;
  for (std::size_t i = 0; i < std::min<std::size_t>(4, name.size()); ++i) {
    const auto c = static_cast<char16_t>(entry.hint >> (8 * i) & 0xff);
    if (c == 0) return false;
    if (nt_upcase_inline(c) != nt_upcase_inline(name[i])) return true;
  }
  return false;
}

}  // namespace goldhive::hive
