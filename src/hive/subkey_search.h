// Finding subkeys of one key without reading them all.
//
// "Absent" must be certain, and neither the hashes nor the order of a list can be trusted: other
// tools write them wrong. So a name counts as absent only if two independent searches agree:
// - by hash (lh) or hint (lf): every entry of every leaf, reading the keys that may match;
// - by order: a binary search, reading the keys it compares with.
//
// Each key that is read on the way is checked against its own hint and against its neighbours in
// order. The number of entries is checked against the key's count. Before a name counts as absent,
// the whole leaf that would hold it is checked in this way, and so are its borders with the leaves
// beside it. In a search for a prefix, only the keys with that prefix and the keys beside them are
// checked.
//
// Anything that does not fit is the fault() of the search. Then the lists are walked whole, since
// the name may still be there.
//
// "Present" can be doubtful, too: a key that only the search by order, another leaf or the walk
// found is one that Windows lists and cannot open. It is returned as misfiled. A key in its right
// place is checked against the two beside it: if a list is out of order there, Windows mends or
// refuses it.
//
// An answer with a fault is what the bytes say, and no more than that.
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
  bool misfiled = false;  ///< true: the kernel looks for it elsewhere
};

/// The cells of all subkeys in stored order. Errors of a list go to `on_error` and the rest is
/// still returned: unreadable lists, lists nested too deep, lists and keys named twice, a count
/// that differs from the key's.
std::vector<CellOffset> all_subkeys(const HiveFile& file, CellOffset key, const KeyNode& node,
                                    const ErrorSink& on_error);

/// One search: an object is asked once only.
class SubkeySearch {
 public:
  SubkeySearch(const HiveFile& file, CellOffset key, const KeyNode& node);

  std::optional<FoundKey> find(std::u16string_view name);
  /// In stored order.
  std::vector<FoundKey> find_prefix(std::u16string_view prefix);
  /// Why the answer is not certain; nullopt if it is. If there are several faults, the first.
  const std::optional<Error>& fault() const { return fault_; }

 private:
  struct Leaf {
    CellOffset cell = no_cell;
    std::optional<SubkeyList> list;  ///< read on demand
  };
  struct Position {
    std::size_t leaf = 0;
    std::size_t entry = 0;
  };

  void note(const Error& fault);
  void load_top();
  SubkeyList load_list(CellOffset cell);
  /// Throws for lists that Windows does not write, a nested ri or an empty list. The walk can read
  /// both.
  const SubkeyList& leaf(std::size_t index);
  Error not_a_leaf(CellOffset cell) const;
  Error misfiled(Position at);
  FoundKey read(CellOffset cell);
  /// Where an entry lies in the file.
  std::uint64_t offset_of(CellOffset leaf, SubkeyListKind kind, std::size_t entry) const;
  /// Reads the key of an entry and checks it against its hint.
  FoundKey read_entry(CellOffset leaf, SubkeyListKind kind, const SubkeyListEntry& entry,
                      std::size_t number);
  FoundKey read_at(Position at);
  void require_order(std::u16string_view first, std::u16string_view second, std::uint64_t offset);
  /// Compares the name of a key that was read with `name`: <0, 0, >0 for before, equal, after.
  /// Notes a fault if the key contradicts the names seen before. `offset` is that of its entry.
  int probe(const FoundKey& key, std::u16string_view name, std::uint64_t offset);
  std::size_t choose_leaf(std::u16string_view name);
  std::optional<FoundKey> match_in_leaf(std::size_t index, std::u16string_view name, Position& at);
  /// The kernel searches an lh leaf by the hash, and other leaves by the order.
  bool kernel_finds(std::size_t index, CellOffset cell, std::u16string_view name);
  /// The first entry of the leaf whose name is not before `name`.
  std::size_t lower_bound(std::size_t index, std::u16string_view name);
  /// Notes a fault of the keys beside a key that was found, or of their number.
  void check_beside(Position at, const FoundKey& key);
  void check_leaf(std::size_t index);
  std::optional<FoundKey> find_by_list(std::u16string_view name);
  std::optional<FoundKey> find_by_walk(std::u16string_view name);
  std::vector<FoundKey> prefix_by_list(std::u16string_view prefix);
  std::vector<FoundKey> prefix_by_walk(std::u16string_view prefix);

  const HiveFile& file_;
  const CellOffset key_;
  const KeyNode& node_;
  std::vector<Leaf> leaves_;
  /// The greatest name seen that is before the sought one, and the smallest one after it.
  std::optional<std::u16string> before_, after_;
  std::optional<Error> fault_;
  CellBudget budget_;
};

}  // namespace goldhive::hive
