// Pages laid over a source: how a dirty hive is made whole without a byte of it being written.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "imgtools/bytes/byte_source.h"

namespace goldhive::hive {

/// Reads as `base` with what was written over it. Beyond the end of `base` it reads as zeros.
/// All writing is done before the source is handed to a reader: its size is fixed from then on.
class OverlaySource final : public ByteSource {
 public:
  static constexpr std::uint32_t page_size = 4096;
  /// The logs of real hives are a few megabytes.
  static constexpr std::uint64_t default_budget = 256u << 20;

  /// Takes the name of `base`. `budget`: bytes of memory that the pages may take.
  explicit OverlaySource(std::shared_ptr<const ByteSource> base,
                         std::uint64_t budget = default_budget);

  std::uint64_t size() const override { return size_; }

  /// Grows or cuts. What lies beyond a cut is gone.
  void resize(std::uint64_t size);
  /// Throws Error: corrupt if it reaches beyond size(), unsupported if the budget is exceeded.
  void write(std::uint64_t offset, std::span<const std::uint8_t> data);

  /// The pages that differ from `base`, as (offset, bytes), sorted; the last one ends at size().
  std::vector<Write> changed_pages() const;

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override;

 private:
  void read_base(std::uint64_t offset, std::span<std::uint8_t> out) const;

  std::shared_ptr<const ByteSource> base_;
  std::uint64_t budget_;
  std::uint64_t size_;
  std::map<std::uint64_t, Bytes> pages_;  ///< by page number; page_size bytes each
};

}  // namespace goldhive::hive
