#include "imgtools/wim/wim_hash_uses.h"

#include <algorithm>
#include <string_view>

#include "imgtools/bytes/large_buffer.h"

namespace goldhive {

namespace {

constexpr std::size_t piece = 2 << 20;  // what two threads of a resource decode at once
constexpr std::size_t overlap = WimHash{}.size() - 1;

}  // namespace

void count_wim_hash_uses(std::span<const std::uint8_t> metadata, WimHashUses& uses) {
  const std::string_view text(reinterpret_cast<const char*>(metadata.data()), metadata.size());
  for (auto& [hash, found] : uses) {
    const std::string_view wanted(reinterpret_cast<const char*>(hash.data()), hash.size());
    for (std::size_t at = text.find(wanted); at != std::string_view::npos;
         at = text.find(wanted, at + 1)) {
      ++found;
    }
  }
}

void count_wim_hash_uses(const ByteSource& metadata, WimHashUses& uses) {
  const std::uint64_t size = metadata.size();
  LargeBuffer buffer(overlap + piece);
  std::size_t kept = 0;  // bytes of the last piece that stand in front of this one
  for (std::uint64_t at = 0; at < size;) {
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(piece, size - at));
    metadata.read(at, buffer.span().subspan(kept, length));
    at += length;
    const std::span<const std::uint8_t> seen = buffer.span().first(kept + length);
    count_wim_hash_uses(seen, uses);
    kept = std::min(overlap, seen.size());
    std::copy(seen.end() - static_cast<std::ptrdiff_t>(kept), seen.end(), buffer.data());
  }
}

}  // namespace goldhive
