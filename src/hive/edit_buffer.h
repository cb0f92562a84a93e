// A hive being edited: the file's bytes with changes laid over them in memory, page by page. The
// file itself is only read; what differs at the end is what a patch has to write.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/write.h"

namespace goldhive::hive {

class EditBuffer final : public ByteSource {
 public:
  /// `base`: the file as it lies on disk (for a recovered hive too: lay the recovered pages over it
  /// with write()).
  explicit EditBuffer(std::shared_ptr<const ByteSource> base);

  std::uint64_t size() const override { return size_; }
  /// Grows with zeros. Never shrinks: Error(usage).
  void grow(std::uint64_t size);
  /// Within size(); throws Error(corrupt) otherwise.
  void write(std::uint64_t offset, std::span<const std::uint8_t> data);
  void write_u16(std::uint64_t offset, std::uint16_t value);
  void write_u32(std::uint64_t offset, std::uint32_t value);
  void write_u64(std::uint64_t offset, std::uint64_t value);
  std::uint32_t read_u32(std::uint64_t offset) const;

  /// What differs from the base: sorted, not overlapping, each range as short as it can be but
  /// joined with the next when fewer than 32 equal bytes lie between (one write is cheaper than
  /// two).
  std::vector<Write> differences() const;

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override;

 private:
  /// The base's bytes of one page; zeros beyond its end.
  Bytes base_page(std::uint64_t page) const;

  std::shared_ptr<const ByteSource> base_;
  std::uint64_t size_;
  std::map<std::uint64_t, Bytes> pages_;  ///< page number -> its 4096 bytes
};

}  // namespace goldhive::hive
