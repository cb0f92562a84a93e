#include "src/hive/marvin32.h"

#include <bit>
#include <stdexcept>

namespace goldhive::hive {

void Marvin32::mix(std::uint32_t word) {
  low_ += word;
  high_ ^= low_;
  low_ = std::rotl(low_, 20) + high_;
  high_ = std::rotl(high_, 9) ^ low_;
  low_ = std::rotl(low_, 27) + high_;
  high_ = std::rotl(high_, 19);
}

void Marvin32::update(std::span<const std::uint8_t> data) {
  if (data.size() % 4 != 0) throw std::invalid_argument("Marvin32::update");
  for (std::size_t at = 0; at < data.size(); at += 4) {
    mix(static_cast<std::uint32_t>(data[at]) | (static_cast<std::uint32_t>(data[at + 1]) << 8) |
        (static_cast<std::uint32_t>(data[at + 2]) << 16) |
        (static_cast<std::uint32_t>(data[at + 3]) << 24));
  }
}

std::uint64_t Marvin32::finish() {
  mix(0x80);
  mix(0);
  return (static_cast<std::uint64_t>(high_) << 32) | low_;
}

std::uint64_t marvin32(std::span<const std::uint8_t> data) {
  Marvin32 hash;
  hash.update(data);
  return hash.finish();
}

}  // namespace goldhive::hive
