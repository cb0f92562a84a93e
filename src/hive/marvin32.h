// Marvin32, the keyed checksum of new-format transaction logs, with the seed the kernel uses there.
//
// Source: US patent 8,082,490 (the mixing), msuhanov/regf, "Transaction log files (new format)"
// (the seed).
//
// What is odd about it: the hash of no input is not 0, and a tail of 1 to 3 bytes would be padded
// with 0x80. Log entries are multiples of 8 bytes, so only whole dwords are ever mixed.
#pragma once

#include <cstdint>
#include <span>

namespace goldhive::hive {

/// The seed of transaction logs.
inline constexpr std::uint64_t log_seed = 0x82ef4d887a4e55c5;

class Marvin32 {
 public:
  explicit Marvin32(std::uint64_t seed = log_seed)
      : low_(static_cast<std::uint32_t>(seed)), high_(static_cast<std::uint32_t>(seed >> 32)) {}

  /// Mixes in `data`, whose length must be a multiple of 4; throws std::invalid_argument if not.
  void update(std::span<const std::uint8_t> data);
  /// The hash of all that was mixed in. To be called once.
  std::uint64_t finish();

 private:
  void mix(std::uint32_t word);

  std::uint32_t low_;
  std::uint32_t high_;
};

/// The hash of `data` with that seed, in one call.
std::uint64_t marvin32(std::span<const std::uint8_t> data);

}  // namespace goldhive::hive
