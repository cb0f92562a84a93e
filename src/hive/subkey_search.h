// Finding subkeys of one key without reading them all.
//
// "Absent" must be certain, and neither the hashes nor the order of a list can be taken on trust:
// other tools write them wrong. So a name counts as absent only when two searches that do not lean
// on each other agree:
//  - by hash (lh) or hint (lf): every entry of every leaf, reading the keys that may match;
//  - by order: a binary search, reading the keys it compares with.
// Each key that is read on the way is checked against its own hint and against its neighbours in
// order; the number of entries is checked against the key's count. Whatever does not fit makes the
// search distrust the list and walk it whole, and a walk that meets an unreadable key and does not
// find the name throws rather than say "absent".
//
// What remains is a key with a wrong hash that also stands in a wrong place that no comparison
// touched. Windows, which uses the same two means, does not find that key either.
//
// "Present" has a doubt of its own: a key that only the second search, another leaf, or the walk
// turned up is one that Windows lists and cannot open. Such a key is returned as misfiled.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/hive/hive_file.h"
#include "src/hive/subkey_list.h"

namespace goldhive::hive {

struct FoundKey {
  CellOffset cell = no_cell;
  KeyNode node;
  bool misfiled = false;  ///< not where the kernel looks for it
};

/// The cells of all subkeys in stored order. What is wrong with a list goes to `on_error` and the
/// rest is still returned: unreadable lists, lists nested too deep, lists and keys named twice, a
/// count that is not the key's.
std::vector<CellOffset> all_subkeys(const HiveFile& file, CellOffset key, const KeyNode& node,
                                    const ErrorSink& on_error);

/// One search: made, asked once, thrown away. Throws Error(corrupt) where the answer is not
/// certain.
class SubkeySearch {
 public:
  SubkeySearch(const HiveFile& file, CellOffset key, const KeyNode& node);

  std::optional<FoundKey> find(std::u16string_view name);
  /// In stored order.
  std::vector<FoundKey> find_prefix(std::u16string_view prefix);

 private:
  void load_top();
  SubkeyList load_list(CellOffset cell);
  /// Throws for what Windows does not write, a nested ri or an empty list: the walk copes with
  /// both.
  const SubkeyList& leaf(std::size_t index);
  Error not_a_leaf(CellOffset cell) const;
  FoundKey read(CellOffset cell);
  /// Reads the key of an entry and compares its name with `name`: <0, 0, >0 for before, equal,
  /// after. Distrusts the list if that contradicts what was seen before.
  int probe(SubkeyListKind kind, const SubkeyListEntry& entry, std::u16string_view name,
            FoundKey& key);
  std::size_t choose_leaf(std::u16string_view name);
  std::optional<FoundKey> match_in_leaf(std::size_t index, std::u16string_view name);
  /// The kernel goes by the hash through an lh leaf, and by the order through the other kinds.
  bool kernel_finds(std::size_t index, CellOffset cell, std::u16string_view name);
  /// The first entry of the leaf whose name is not before `name`.
  std::size_t lower_bound(std::size_t index, std::u16string_view name);
  std::optional<FoundKey> find_by_list(std::u16string_view name);
  std::optional<FoundKey> find_by_walk(std::u16string_view name);
  std::vector<FoundKey> prefix_by_list(std::u16string_view prefix);
  std::vector<FoundKey> prefix_by_walk(std::u16string_view prefix);

  const HiveFile& file_;
  const CellOffset key_;
  const KeyNode& node_;
  std::vector<CellOffset> leaf_cells_;
  std::vector<std::optional<SubkeyList>> leaves_;  ///< read when asked for
  /// The greatest name seen before the one looked for, and the smallest after it.
  std::optional<std::u16string> before_, after_;
  bool trusted_ = true;
  CellBudget budget_;
};

}  // namespace goldhive::hive
