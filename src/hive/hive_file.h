// A hive as cells: the base block, and checked access to the content of any cell in use. Key, Value
// and the searches stand on it; so can whoever needs the raw structures.
#pragma once

#include <cstdint>
#include <memory>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/page_cache.h"
#include "src/hive/base_block.h"
#include "src/hive/hive.h"
#include "src/hive/key_node.h"
#include "src/hive/value_node.h"

namespace goldhive::hive {

/// The content of a cell, owned. The file it came from must outlive it (its view names the source).
class Cell {
 public:
  Cell(Bytes content, std::uint64_t origin, std::string_view name)
      : content_(std::move(content)), origin_(origin), name_(name) {}
  ByteView view() const { return ByteView(content_, origin_, name_); }

 private:
  Bytes content_;
  std::uint64_t origin_;
  std::string_view name_;
};

class HiveFile {
 public:
  /// Reads the base block, nothing else. Throws as read_base_block().
  explicit HiveFile(std::shared_ptr<const ByteSource> source);

  const BaseBlock& base_block() const { return base_block_; }
  const ByteSource& source() const { return cache_.source(); }

  /// The content of a cell. Error(corrupt) if `offset` is no cell of the bins, is a free one, or
  /// reaches beyond them. `what` names in the error what should be there.
  Cell cell(CellOffset offset, const char* what) const;
  /// The same, but of the content only the first `at_most` bytes.
  Cell cell_head(CellOffset offset, std::size_t at_most, const char* what) const;

  KeyNode key_node(CellOffset offset) const;
  /// A key node listed by `parent`. It must name that parent and must not be the root, so each key
  /// has one place in the tree and a walk down the tree ends.
  KeyNode subkey_node(CellOffset offset, CellOffset parent) const;
  ValueNode value_node(CellOffset offset) const;

  /// The data of the value `node`, which was read from the cell `value`.
  Bytes value_data(const ValueNode& node, CellOffset value) const;

 private:
  Bytes big_data(const ValueNode& node) const;

  PageCache cache_;
  BaseBlock base_block_;
};

/// Cells of a sound hive do not overlap, so all that one list names cannot be larger than the bins.
/// Counting that is what keeps a small hostile file from filling the memory.
class CellBudget {
 public:
  /// `times`: how often one cell may be read.
  explicit CellBudget(const HiveFile& file, unsigned times = 1)
      : left_(std::uint64_t{times} * file.base_block().bins_size) {}
  /// Error(corrupt) once the cells counted are larger than the bins.
  void take(const HiveFile& file, CellOffset cell, std::uint64_t bytes);

 private:
  std::uint64_t left_;
};

}  // namespace goldhive::hive
