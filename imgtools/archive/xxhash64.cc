#include "imgtools/archive/xxhash64.h"

#include <algorithm>
#include <bit>

namespace goldhive {

namespace {

constexpr std::uint64_t prime1 = 0x9E3779B185EBCA87;
constexpr std::uint64_t prime2 = 0xC2B2AE3D27D4EB4F;
constexpr std::uint64_t prime3 = 0x165667B19E3779F9;
constexpr std::uint64_t prime4 = 0x85EBCA77C2B2AE63;
constexpr std::uint64_t prime5 = 0x27D4EB2F165667C5;

std::uint64_t little_endian(const std::uint8_t* bytes, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

std::uint64_t round(std::uint64_t lane, std::uint64_t input) {
  return std::rotl(lane + input * prime2, 31) * prime1;
}

}  // namespace

void XxHash64::take_stripe(const std::uint8_t* bytes) {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    lanes_[i] = round(lanes_[i], little_endian(bytes + i * 8, 8));
  }
}

void XxHash64::add(std::span<const std::uint8_t> data) {
  std::size_t held = static_cast<std::size_t>(length_ % stripe);
  length_ += data.size();
  if (held > 0) {
    const std::size_t taken = std::min(stripe - held, data.size());
    std::copy_n(data.begin(), taken, rest_.begin() + static_cast<std::ptrdiff_t>(held));
    data = data.subspan(taken);
    held += taken;
    if (held < stripe) return;
    take_stripe(rest_.data());
  }
  for (; data.size() >= stripe; data = data.subspan(stripe)) take_stripe(data.data());
  std::copy(data.begin(), data.end(), rest_.begin());
}

std::uint64_t XxHash64::value() const {
  std::uint64_t hash = prime5;
  if (length_ >= stripe) {
    hash = std::rotl(lanes_[0], 1) + std::rotl(lanes_[1], 7) + std::rotl(lanes_[2], 12) +
           std::rotl(lanes_[3], 18);
    for (const std::uint64_t lane : lanes_) hash = (hash ^ round(0, lane)) * prime1 + prime4;
  }
  hash += length_;
  const std::uint8_t* at = rest_.data();
  std::size_t left = static_cast<std::size_t>(length_ % stripe);
  for (; left >= 8; at += 8, left -= 8) {
    hash = std::rotl(hash ^ round(0, little_endian(at, 8)), 27) * prime1 + prime4;
  }
  if (left >= 4) {
    hash = std::rotl(hash ^ little_endian(at, 4) * prime1, 23) * prime2 + prime3;
    at += 4;
    left -= 4;
  }
  for (; left > 0; ++at, --left) hash = std::rotl(hash ^ *at * prime5, 11) * prime1;
  hash = (hash ^ hash >> 33) * prime2;
  hash = (hash ^ hash >> 29) * prime3;
  return hash ^ hash >> 32;
}

}  // namespace goldhive
