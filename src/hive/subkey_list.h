// Subkey lists: how a key finds its subkeys. Leaves hold key nodes, sorted by upcased name:
//   "li"  cell offsets alone                                              (1.2 and before; rare)
//   "lf"  offset + the first four characters of the name as a hint        (1.3)
//   "lh"  offset + a hash of the name                                     (1.5)
// and "ri" holds leaves, for keys with more subkeys than one leaf takes.
//
// What is odd about it:
//  - The lf hint keeps the case of the name. It is filled from its fourth character backwards up to
//    one that is above 255, so a first byte of 0 says that the hint is of no use.
//  - The hash upcases by the kernel's table, outside ASCII too; some tools get that wrong.
//  - The kernel trusts the order to choose a leaf of an ri and the hash to choose an entry: a key
//    with a wrong hash is listed but cannot be opened.
// Source: msuhanov/regf, "Index leaf", "Fast leaf", "Hash leaf", "Index root".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "imgtools/bytes.h"
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

/// Offset of the entries in the cell's content; the 16-bit count lies at 2.
inline constexpr std::size_t subkey_list_count_at = 2;
inline constexpr std::size_t subkey_list_entries_at = 4;
/// Bytes of an entry: 8 in lf and lh, 4 in li and ri.
std::size_t entry_size(SubkeyListKind kind);

/// Error(corrupt) if it is none of the four or its entries do not fit into the cell.
SubkeyList parse_subkey_list(const ByteView& content);

/// What an lh entry must hold for this name.
std::uint32_t name_hash(std::u16string_view name);
/// What an lf entry must hold for this name.
std::uint32_t name_hint(std::u16string_view name);

}  // namespace goldhive::hive
