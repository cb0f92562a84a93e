// A source seen through changes that have not been made to it: the replayed log of a VHDX, a volume
// or a hive as it will be after a patch. Memory grows with what was written, not with the source.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

class OverlaySource final : public ByteSource {
 public:
  OverlaySource(std::shared_ptr<const ByteSource> base, std::string name)
      : ByteSource(std::move(name)),
        base_(std::move(base)),
        base_size_(base_->size()),
        size_(base_size_) {}

  std::uint64_t size() const override { return size_; }
  SharedBudget budget() const override { return base_->budget(); }
  /// Never shrinks; bytes beyond the base's end are zero until they are written.
  void grow(std::uint64_t size);
  /// Grows or cuts. Bytes that were cut off are zero if the source grows again.
  void resize(std::uint64_t size);

  /// `offset` + the length stays below 2^63 (Error(corrupt) otherwise); grows the source if needed.
  void write(std::uint64_t offset, std::span<const std::uint8_t> data);
  /// As write(), with zeros. However many they are, they are kept as a range and take no memory.
  void write_zeros(std::uint64_t offset, std::uint64_t length);

  /// One changed range; no data means zeros.
  struct Segment {
    std::uint64_t length = 0;
    std::optional<Bytes> data;
  };
  /// All changed ranges by offset: sorted, not overlapping, the latest write wins.
  const std::map<std::uint64_t, Segment>& segments() const { return segments_; }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override;

 private:
  void insert(std::uint64_t offset, Segment segment);
  void fill_zeros(std::span<std::uint8_t> out) const;
  void read_base(std::uint64_t offset, std::span<std::uint8_t> out) const;

  std::shared_ptr<const ByteSource> base_;
  std::uint64_t base_size_;  ///< how much of the base still counts: a cut makes it smaller
  std::uint64_t size_;
  std::map<std::uint64_t, Segment> segments_;
};

}  // namespace goldhive
