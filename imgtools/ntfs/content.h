// What is in a file, as whoever reads it gets it, wherever and however it is kept.
#pragma once

#include <cstdint>
#include <span>

namespace goldhive::ntfs {

/// Not thread-safe, as the volume.
class Content {
 public:
  virtual ~Content() = default;
  virtual std::uint64_t size() const = 0;
  /// Fills all of `out`, which lies within size(), or throws Error.
  virtual void read(std::uint64_t offset, std::span<std::uint8_t> out) const = 0;
};

}  // namespace goldhive::ntfs
