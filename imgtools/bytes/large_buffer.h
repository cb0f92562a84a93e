// Memory for a whole hive: tens of megabytes that are filled once and then walked in no order; and
// for what is read piece by piece, since it begins where a page begins.
//
// Why not a vector: it writes zeros first, and its pages are small, so that a hive of 67 MB costs
// 16,000 page faults before a byte of it is looked at. That was a third of the time of a patch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

class LargeBuffer {
 public:
  LargeBuffer() = default;
  /// `size` bytes of any content. A size that comes from untrusted bytes is checked by the caller.
  explicit LargeBuffer(std::size_t size);
  /// The `length` bytes of `source` from `offset`; Error(corrupt) if that reaches beyond its end,
  /// before anything is allocated.
  LargeBuffer(const ByteSource& source, std::uint64_t offset, std::size_t length);

  std::uint8_t* data() { return memory_.get(); }
  const std::uint8_t* data() const { return memory_.get(); }
  std::size_t size() const { return size_; }
  std::span<std::uint8_t> span() { return {data(), size_}; }
  std::span<const std::uint8_t> span() const { return {data(), size_}; }

  /// Grows with zeros. Copies nothing if there is room behind the buffer, as there is for a few
  /// bins.
  void grow(std::size_t size);

 private:
  struct Free {
    std::size_t alignment;
    void operator()(std::uint8_t* memory) const;
  };
  std::unique_ptr<std::uint8_t[], Free> memory_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// Asks the system to back `size` bytes from `memory` with large pages. It may refuse without an
/// error.
void prefer_large_pages(void* memory, std::size_t size);

/// As bytes.reserve(size), in large pages: for bytes that are gathered piece by piece.
void reserve_large(Bytes& bytes, std::size_t size);

}  // namespace goldhive
