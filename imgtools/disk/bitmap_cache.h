// The sector bitmaps of differencing disks, kept while neighbouring sectors are read.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <utility>

#include "imgtools/bytes/bytes.h"

namespace goldhive {

class BitmapCache {
 public:
  /// The bitmap of `block`. `load` reads it if it is not among the last ones used. The reference is
  /// good until the next call.
  const Bytes& get(std::uint64_t block, const std::function<Bytes()>& load) {
    for (auto it = bitmaps_.begin(); it != bitmaps_.end(); ++it) {
      if (it->first != block) continue;
      bitmaps_.splice(bitmaps_.begin(), bitmaps_, it);
      return bitmaps_.front().second;
    }
    bitmaps_.emplace_front(block, load());
    if (bitmaps_.size() > kept) bitmaps_.pop_back();
    return bitmaps_.front().second;
  }

 private:
  static constexpr std::size_t kept = 16;
  std::list<std::pair<std::uint64_t, Bytes>> bitmaps_;  // the one used last first
};

/// The number of equal bits from `from` on, up to bit `end`, where `bit_at(i)` tells bit i.
template <class BitAt>
std::uint64_t run_of_bits(std::uint64_t from, std::uint64_t end, BitAt bit_at) {
  std::uint64_t next = from + 1;
  while (next < end && bit_at(next) == bit_at(from)) ++next;
  return next - from;
}

}  // namespace goldhive
