// Which bin holds a cell, and whether a cell begins there. The search starts at the cell and goes
// backwards, since a reader with one question never walks the bins from their start.
//
// A bin header is looked for at the page of the cell and then page by page before it. A page in the
// middle of a bin can hold anything, so a header counts only if it states its own offset and
// reaches as far as the cell. Each page is looked at once, and each bin that was found is
// remembered. In most hives a bin is one page, which the cell needs anyway.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/page_cache.h"
#include "src/hive/cell.h"

namespace goldhive::hive {

/// Not thread-safe. Holds one bit for 8 bytes of each bin that was asked for.
class BinMap {
 public:
  /// `bins_size`: how many bytes of bins a reader may use. `cache` must outlive this object.
  BinMap(const PageCache& cache, std::uint32_t bins_size) : cache_(cache), bins_size_(bins_size) {}

  /// Where the bin that holds `cell` ends, counted from the start of the bins. `cell` is a multiple
  /// of 8 below the size of the bins. Error(corrupt) if no sound bin holds it, or if no cell of the
  /// bin begins there; `what` is the expected structure, for the error.
  std::uint32_t end_of_bin_with(CellOffset cell, const char* what);

 private:
  /// A bin. With a fault: a bin whose cells do not fill it, or pages that belong to no sound bin.
  struct Bin {
    std::uint32_t end = 0;
    std::optional<Error> fault;
    bool walked = false;               ///< true: `cells` is filled in
    std::vector<std::uint64_t> cells;  ///< bit N: a cell begins at 8 * N of the bin
  };
  using Bins = std::map<std::uint32_t, Bin>;  ///< by offset of their start

  Bins::iterator find(CellOffset cell);
  Bins::iterator take(std::uint32_t start, std::uint32_t size);
  /// Remembers that no sound bin holds the pages from `start` to that of `cell`.
  Bins::iterator lose(std::uint32_t start, CellOffset cell);
  void walk(std::uint32_t start, Bin& bin) const;

  const PageCache& cache_;
  std::uint32_t bins_size_;
  Bins bins_;
};

}  // namespace goldhive::hive
