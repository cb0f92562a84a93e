// A hive with changes laid over it in memory, while it is edited and while its logs are applied.
// The file itself is only read. The differences at the end are what has to be written.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <vector>

#include "imgtools/bytes/overlay_source.h"
#include "imgtools/bytes/write.h"

namespace goldhive::hive {

class EditBuffer final : public ByteSource {
 public:
  static constexpr std::uint32_t page_size = 4096;
  /// Enough for what logs change: a few megabytes in real hives.
  static constexpr std::uint64_t recovery_budget = 256u << 20;

  /// `base`: the file as it is on disk. (For a recovered hive, too: lay the recovered pages over it
  /// with write().) The buffer takes its name. `budget`: how many bytes the changed pages may take.
  explicit EditBuffer(std::shared_ptr<const ByteSource> base, std::uint64_t budget = ~0ULL);

  std::uint64_t size() const override { return changed_.size(); }
  SharedBudget budget() const override { return base_->budget(); }
  /// Grows with zeros, or cuts. What lies beyond a cut is gone.
  void resize(std::uint64_t size);
  /// Throws Error: corrupt if the data reaches beyond size(), unsupported if the budget is
  /// exceeded.
  void write(std::uint64_t offset, std::span<const std::uint8_t> data);
  void write_u16(std::uint64_t offset, std::uint16_t value);
  void write_u32(std::uint64_t offset, std::uint32_t value);
  void write_u64(std::uint64_t offset, std::uint64_t value);
  std::uint32_t read_u32(std::uint64_t offset) const;

  /// The ranges that differ from the base, as short as possible. If fewer than 32 equal bytes lie
  /// between two ranges, they are joined: one write is cheaper than two.
  std::vector<Write> differences() const;
  /// The whole pages that differ from the base; the last one ends at size().
  std::vector<Write> changed_pages() const;

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override;

 private:
  /// A page of this buffer: its bytes now, and in the base, with zeros beyond the base's end.
  struct Page {
    std::uint64_t offset = 0;
    Bytes now;
    Bytes old;                ///< as long as `now`
    std::size_t in_base = 0;  ///< how many bytes of it the base has
  };
  Page page(std::uint64_t number) const;

  std::shared_ptr<const ByteSource> base_;
  OverlaySource changed_;
  std::set<std::uint64_t> touched_;  ///< numbers of the pages that were written
  std::uint64_t budget_;
};

}  // namespace goldhive::hive
