// A hive as cells: the base block, and checked access to the content of any cell in use. Key, Value
// and the searches use it, and so can code that needs the raw structures.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_set>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/page_cache.h"
#include "src/hive/base_block.h"
#include "src/hive/bin_map.h"
#include "src/hive/hive.h"
#include "src/hive/key_node.h"
#include "src/hive/subkey_list.h"
#include "src/hive/value_node.h"

namespace goldhive::hive {

/// The content of a cell, or its beginning, owned. The HiveFile must outlive it, since the view
/// names the source.
class Cell {
 public:
  Cell(Bytes content, std::size_t size, std::uint64_t origin, std::string_view name)
      : content_(std::move(content)), size_(size), origin_(origin), name_(name) {}
  /// The bytes that were read.
  ByteView view() const { return ByteView(content_, origin_, name_); }
  /// The size of the cell's content, read or not.
  std::size_t size() const { return size_; }

 private:
  Bytes content_;
  std::size_t size_;
  std::uint64_t origin_;
  std::string_view name_;
};

class HiveFile {
 public:
  /// Reads the base block, nothing else. Throws as read_base_block().
  explicit HiveFile(std::shared_ptr<const ByteSource> source);

  const BaseBlock& base_block() const { return base_block_; }
  const ByteSource& source() const { return cache_.source(); }

  /// Of the content of a cell the first `at_most` bytes. Error(corrupt) if `offset` is no cell of a
  /// sound bin, is a free one, or reaches beyond its bin; Error(refused) once the budget of the
  /// target is spent (ParseBudget): lists that many keys share, and cells that overlap, can ask for
  /// bytes without an end. `what` names in the error what should be there. A reader
  /// asks for what it needs: a cell may claim the whole file.
  Cell cell_head(CellOffset offset, std::size_t at_most, const char* what) const;

  KeyNode key_node(CellOffset offset) const;
  /// A key node listed by `parent`. It must name that parent and must not be the root. So each key
  /// has one place in the tree, and a walk down the tree ends.
  KeyNode subkey_node(CellOffset offset, CellOffset parent) const;
  ValueNode value_node(CellOffset offset) const;
  SubkeyList subkey_list(CellOffset offset) const;
  /// The offsets of the values of a key.
  std::vector<CellOffset> value_list(const KeyFields& key) const;

  /// Error(corrupt) unless the key `cell` has a valid security record. The record's count of keys
  /// and its place in the ring are not checked: Windows mends both when it loads the hive.
  void require_security(CellOffset cell, const KeyFields& key) const;

  /// Searches note here which leaves are sound, so that a leaf is read to its end once and not for
  /// each name.
  bool is_sound_leaf(CellOffset key, CellOffset leaf) const {
    return sound_leaves_.contains(std::uint64_t{key} << 32 | leaf);
  }
  void note_sound_leaf(CellOffset key, CellOffset leaf) const {
    sound_leaves_.insert(std::uint64_t{key} << 32 | leaf);
  }

  /// The data of the value `node`, which was read from the cell `value`.
  Bytes value_data(const ValueNode& node, CellOffset value) const;

 private:
  Bytes big_data(const ValueNode& node) const;
  /// The first `at_most` bytes. If `needed`, which looks at them, asks for more: as many as it
  /// says.
  template <typename Needed>
  Cell cell_as_needed(CellOffset offset, std::size_t at_most, const char* what,
                      Needed needed) const;

  PageCache cache_;
  BaseBlock base_block_;
  mutable BinMap bins_;
  mutable std::unordered_set<CellOffset> sound_security_;
  mutable std::unordered_set<std::uint64_t> sound_leaves_;
};

/// Cells of a sound hive do not overlap, so the cells that one list names cannot be larger than the
/// bins together. Counting them keeps a small hostile file from filling the memory.
class CellBudget {
 public:
  /// `times`: how often one cell may be read.
  explicit CellBudget(const HiveFile& file, unsigned times = 1)
      : left_(std::uint64_t{times} * file.base_block().bins_size) {}
  /// Throws Error(corrupt) if the cells counted so far are larger than the bins.
  void take(const HiveFile& file, CellOffset cell, std::uint64_t bytes);

 private:
  std::uint64_t left_;
};

}  // namespace goldhive::hive
