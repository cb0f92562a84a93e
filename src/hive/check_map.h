// What the parts of the checker share: the bins in memory, the use of each cell, and the faults
// found so far.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/error.h"
#include "imgtools/bytes/large_buffer.h"
#include "src/hive/base_block.h"
#include "src/hive/cell.h"
#include "src/hive/checker.h"

namespace goldhive::hive {

/// What begins at a multiple of 8 in the bins.
enum class CellUse : std::uint8_t {
  none,    ///< no cell starts here
  free,    ///< a free cell
  unused,  ///< in use, but nothing has named it yet
  key,
  subkey_list,
  class_name,
  security,
  value_list,
  value,
  data,
};
/// For messages: "a key" and so on.
const char* to_string(CellUse use);

/// The absolute offset of byte `at` of a cell's content.
constexpr std::uint64_t field_offset(CellOffset cell, std::size_t at) {
  return file_offset(cell) + cell_header_size + at;
}

/// Ends a check that has found enough.
struct EnoughFaults {};

class CheckMap {
 public:
  /// Reads the bins. read_base_block() has accepted `base`; `source` must outlive this object.
  CheckMap(const ByteSource& source, const BaseBlock& base, const CheckLimits& limits,
           CheckResult& result);

  const BaseBlock& base_block() const { return base_; }
  CheckResult& result() { return result_; }
  /// The bins from `offset` to their end.
  ByteView bins_from(std::uint32_t offset) const { return bins_.from(offset); }
  std::uint32_t size() const { return static_cast<std::uint32_t>(bins_.size()); }

  /// For check_bins(): adds a cell that begins at `cell`.
  void add_cell(CellOffset cell, bool in_use) {
    uses_[cell / cell_alignment] = in_use ? CellUse::unused : CellUse::free;
  }
  /// CellUse::none if no cell starts there.
  CellUse use_of(CellOffset cell) const {
    return cell % cell_alignment == 0 && cell / cell_alignment < uses_.size()
               ? uses_[cell / cell_alignment]
               : CellUse::none;
  }
  /// The size of a cell, header included; `cell` must be one.
  std::uint32_t cell_size(CellOffset cell) const { return parse_cell_header(bins_from(cell)).size; }
  /// The content of a cell; `cell` must be one.
  ByteView content(CellOffset cell) const {
    const ByteView rest = bins_from(cell);
    return rest.slice(cell_header_size, parse_cell_header(rest).content_size());
  }

  /// Something at the file offset `from` names `cell` as its `use`. True if it is a cell in use
  /// that nothing has named before; else adds a fault and returns false.
  bool claim(CellOffset cell, CellUse use, std::uint64_t from) {
    if (use_of(cell) != CellUse::unused) return refuse_claim(cell, use, from);
    uses_[cell / cell_alignment] = use;
    return true;
  }
  /// As claim(), for fields that mean nothing but may still own a cell: never a fault.
  void claim_leftover(CellOffset cell) { leftovers_.push_back(cell); }
  /// Counts the cells that nothing named. To be called last.
  void find_orphans();

  /// A field of a key that holds the length of the longest of something.
  struct MaxLength {
    std::size_t at = 0;
    std::size_t width = 4;  ///< bytes
    const char* what = "";
  };
  /// The field must not be below the greatest length that was found.
  void check_max_length(CellOffset key, const MaxLength& field, std::uint32_t stated,
                        std::uint32_t found);
  /// The right number for a field of `width` bytes, for CheckResult::repairs.
  void repair(std::uint64_t offset, std::uint32_t number, std::size_t width = 4);

  /// Memory for check_values(), kept so that not every key allocates it again.
  std::vector<std::pair<std::uint32_t, CellOffset>>& value_hashes() { return value_hashes_; }

  /// Faults that are found from now on belong to this key.
  void at_key(CellOffset key) { key_ = key; }
  /// Throws EnoughFaults when the limit is reached.
  void fault(FaultCode code, std::uint64_t offset, std::string message, std::string expected = {},
             std::string actual = {});
  void fault(FaultCode code, const Error& e);

 private:
  bool refuse_claim(CellOffset cell, CellUse use, std::uint64_t from);
  std::string path_of(CellOffset key) const;

  BaseBlock base_;
  CheckLimits limits_;
  CheckResult& result_;
  LargeBuffer copy_;         ///< of the bins, if the source does not have them in memory
  ByteView bins_;            ///< of the source or of copy_
  LargeBuffer use_bytes_;    ///< memory of uses_
  std::span<CellUse> uses_;  ///< by offset / 8
  std::vector<CellOffset> leftovers_;
  std::vector<std::pair<std::uint32_t, CellOffset>> value_hashes_;
  CellOffset key_ = no_cell;
};

/// Faults of the base block with which CheckMap can still work.
void check_base_block(CheckMap& map);
/// Bins and the cells that fill them. Must be called before any check that follows cells.
void check_bins(CheckMap& map);

/// Security cells, and how many keys use each by the walk over the keys.
class SecurityUse {
 public:
  /// A key names `cell` at the file offset `from`.
  void add(CheckMap& map, CellOffset cell, std::uint64_t from);
  /// Checks the records, their counts and the ring that links them.
  void check(CheckMap& map);

 private:
  struct Record {
    CellOffset cell = no_cell;
    std::uint32_t users = 0;
    bool in_ring = false;
  };
  Record* find(CellOffset cell);
  Record& insert(CellOffset cell);
  void check_ring(CheckMap& map);
  void check_record(CheckMap& map, const Record& record);

  std::vector<Record> records_;  ///< in the order found
  std::unordered_map<CellOffset, std::size_t> index_;
  std::size_t last_ = 0;  ///< index in records_ of the one added last
};

/// The tree of keys from the root, with their lists, classes and values.
void check_keys(CheckMap& map, SecurityUse& security);
/// The values of one key.
void check_values(CheckMap& map, const struct KeyFields& key, CellOffset key_cell);

}  // namespace goldhive::hive
