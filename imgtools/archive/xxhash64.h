// XXH64, the checksum at the end of a zstd frame (doc/xxhash_spec.md of the xxHash project).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace goldhive {

/// XXH64 with seed 0.
class XxHash64 {
 public:
  void add(std::span<const std::uint8_t> data);
  /// The checksum of all that was added.
  std::uint64_t value() const;

 private:
  static constexpr std::size_t stripe = 32;
  void take_stripe(const std::uint8_t* bytes);

  std::array<std::uint64_t, 4> lanes_{0x60EA27EEADC0B5D6, 0xC2B2AE3D27D4EB4F, 0,
                                      0x61C8864E7A143579};
  std::array<std::uint8_t, stripe> rest_{};
  std::uint64_t length_ = 0;
};

}  // namespace goldhive
