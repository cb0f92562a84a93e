// All bytes of another source in memory, to be looked at from end to end and changed in place.
#pragma once

#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/large_buffer.h"

namespace goldhive {

class ResidentSource final : public ByteSource {
 public:
  /// Reads all of `source` and takes its name. The caller has checked that it is not too large.
  explicit ResidentSource(const ByteSource& source);

  std::uint64_t size() const override { return bytes_.size(); }
  std::span<const std::uint8_t> in_memory() const override { return bytes_.span(); }

  /// `offset` and `data` are within size(); Error(usage) otherwise.
  void write(std::uint64_t offset, std::span<const std::uint8_t> data);
  /// Grows with zeros; Error(usage) if it would shrink.
  void grow(std::size_t size);

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override;

 private:
  LargeBuffer bytes_;
};

}  // namespace goldhive
