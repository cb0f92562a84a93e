// A small bounded cache between a reader of small structures and its source: the cells of a hive,
// the records and indices of an NTFS volume. A question touches many structures that lie close
// together, and some of them again and again. Reading whole pages turns hundreds of reads into
// tens, and never holds more than a megabyte of a source of any size.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

/// Not thread-safe, like the source below it. The source must not change meanwhile.
class PageCache {
 public:
  explicit PageCache(std::shared_ptr<const ByteSource> source);

  /// As ByteSource::read(): fills `out` or throws. Counts as read whatever is asked for: the cache
  /// spares the source, but structures that name each other over and over cost time all the same.
  void read(std::uint64_t offset, std::span<std::uint8_t> out) const;

  const ByteSource& source() const { return *source_; }

 private:
  /// The size of a page of a hive's bins, and most often of a cluster of a volume. Measured with
  /// the look-ups of a scan in a SOFTWARE hive of 69 MB:
  ///
  ///   page size   512: 133 reads, 107 KB
  ///   page size  1024:  97 reads, 113 KB
  ///   page size  4096:  70 reads, 287 KB
  ///   page size  8192:  58 reads, 467 KB
  ///
  /// A read costs more than the bytes of one page.
  static constexpr std::size_t page_size = 4096;
  static constexpr std::size_t sets = 128;
  /// A longer read goes straight to the source: big values would only flush the cache.
  static constexpr std::size_t longest_cached = 4 * page_size;
  static constexpr std::uint64_t no_page = ~std::uint64_t{0};

  struct Slot {
    std::uint64_t page = no_page;
    Bytes data;  ///< shorter than a page only at the end of the source
  };
  /// Page N can lie in set N % sets only. Two pages that are wanted in turn, such as a record of
  /// $MFT and a node of an index, must not drive each other out.
  struct Set {
    Slot slots[2];
    std::size_t oldest = 0;  ///< the slot that was used before the other one
  };

  /// Null if the page is not held.
  const Slot* slot_with(std::uint64_t page) const;
  void load_missing(std::uint64_t first, std::uint64_t last) const;
  void load(std::uint64_t first, std::uint64_t count) const;

  std::shared_ptr<const ByteSource> source_;
  SharedBudget budget_;
  mutable std::vector<Set> sets_;
};

}  // namespace goldhive
