// Space for new cells in a hive being edited, and the return of old ones.
//
// A hive is a row of bins ("hbin", a multiple of 4096 bytes each), a bin is a row of cells. A
// cell's size is negative while the cell is in use. Windows keeps its lists of free cells in
// memory; the file has only those signs, so any free cell may be taken. Source: msuhanov/regf,
// sections "Hive bin" and "Cell".
#pragma once

#include <cstdint>
#include <vector>

#include "src/hive/edit_buffer.h"
#include "src/hive/hive.h"

namespace goldhive::hive {

class CellAllocator {
 public:
  /// `bins_size`: the hive bins data size of the base block. Reads every bin's header. Throws
  /// Error(corrupt) for a bin without a valid header.
  CellAllocator(EditBuffer& buffer, std::uint32_t bins_size);

  /// A cell that can hold `payload` bytes, marked as in use; its payload keeps the bytes that it
  /// had. Cells are looked for in this order: in the bin of `near`, in bins this edit already wrote
  /// to, in bins around `near`, in a new bin after the last one. `near` may be no_cell.
  CellOffset allocate(std::uint32_t payload, CellOffset near);
  /// Marks a cell as free and joins it with free neighbours in its bin.
  void free(CellOffset cell);
  /// How many payload bytes the cell can hold. Error(corrupt) if it is not in use.
  std::uint32_t capacity(CellOffset cell) const;

  /// The size that the base block must state now.
  std::uint32_t bins_size() const { return bins_size_; }

 private:
  struct Bin {
    std::uint32_t offset;
    std::uint32_t size;
  };
  struct Cell {
    CellOffset offset;
    std::uint32_t size;
    bool in_use;
  };

  std::size_t bin_of(CellOffset cell) const;
  /// Every cell of a bin; Error(corrupt) if their sizes do not add up to the bin.
  std::vector<Cell> cells(const Bin& bin) const;
  /// Takes `size` bytes from the smallest free cell of the bin that fits; no_cell if there is none.
  CellOffset take_from(std::size_t bin, std::uint32_t size);
  CellOffset take_from_new_bin(std::uint32_t size);
  void write_size(CellOffset cell, std::uint32_t size, bool in_use);

  EditBuffer& buffer_;
  std::uint32_t bins_size_;
  std::vector<Bin> bins_;
  std::vector<std::size_t> used_bins_;  ///< bins already written to, newest last
};

}  // namespace goldhive::hive
