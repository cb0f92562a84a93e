#include "imgtools/bytes/overlay_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/error.h"

namespace goldhive {

namespace {

constexpr std::uint64_t max_end = std::uint64_t{1} << 63;

// The part of `segment` (which starts at `start`) from `from` on, at most `length` bytes.
OverlaySource::Segment part(const OverlaySource::Segment& segment, std::uint64_t start,
                            std::uint64_t from, std::uint64_t length) {
  OverlaySource::Segment piece;
  piece.length = length;
  if (segment.data) {
    const auto first = segment.data->begin() + static_cast<std::ptrdiff_t>(from - start);
    piece.data = Bytes(first, first + static_cast<std::ptrdiff_t>(length));
  }
  return piece;
}

}  // namespace

void OverlaySource::grow(std::uint64_t size) { size_ = std::max(size_, size); }

void OverlaySource::resize(std::uint64_t size) {
  if (size < size_) {
    segments_.erase(segments_.lower_bound(size), segments_.end());
    if (!segments_.empty()) {
      auto& [start, last] = *segments_.rbegin();
      if (start + last.length > size) last = part(last, start, start, size - start);
    }
    base_size_ = std::min(base_size_, size);
  }
  size_ = size;
}

void OverlaySource::write(std::uint64_t offset, std::span<const std::uint8_t> data) {
  insert(offset, Segment{data.size(), Bytes(data.begin(), data.end())});
}

void OverlaySource::write_zeros(std::uint64_t offset, std::uint64_t length) {
  insert(offset, Segment{length, std::nullopt});
}

void OverlaySource::insert(std::uint64_t offset, Segment segment) {
  if (segment.length == 0) return;
  if (offset >= max_end || segment.length > max_end - offset) {
    throw Error::corrupt(name(), offset, "a write beyond the largest size of a file",
                         fmt::format("below {:#x}", max_end),
                         fmt::format("{} bytes", segment.length));
  }
  const std::uint64_t end = offset + segment.length;

  // Cut what lies under the new range out of the segments it touches.
  auto it = segments_.upper_bound(offset);
  if (it != segments_.begin()) --it;
  while (it != segments_.end() && it->first < end) {
    const std::uint64_t old_start = it->first;
    const std::uint64_t old_end = old_start + it->second.length;
    if (old_end <= offset) {
      ++it;
      continue;
    }
    const Segment old = std::move(it->second);
    it = segments_.erase(it);
    if (old_start < offset)
      segments_[old_start] = part(old, old_start, old_start, offset - old_start);
    if (old_end > end) segments_[end] = part(old, old_start, end, old_end - end);
  }
  segments_[offset] = std::move(segment);
  grow(end);
}

/// Nothing is read for them, but a few bytes can make any number of them.
void OverlaySource::fill_zeros(std::span<std::uint8_t> out) const {
  if (out.empty()) return;
  if (const SharedBudget budget = this->budget()) budget->read(out.size(), name());
  std::fill(out.begin(), out.end(), std::uint8_t{0});
}

void OverlaySource::read_base(std::uint64_t offset, std::span<std::uint8_t> out) const {
  const std::uint64_t stored =
      offset >= base_size_ ? 0 : std::min<std::uint64_t>(out.size(), base_size_ - offset);
  if (stored > 0) base_->read(offset, out.first(static_cast<std::size_t>(stored)));
  fill_zeros(out.subspan(static_cast<std::size_t>(stored)));
}

void OverlaySource::do_read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  auto it = segments_.upper_bound(offset);
  if (it != segments_.begin() && std::prev(it)->first + std::prev(it)->second.length > offset) --it;
  while (!out.empty()) {
    const bool inside = it != segments_.end() && it->first <= offset;
    const std::uint64_t until = it == segments_.end() ? offset + out.size()
                                : inside              ? it->first + it->second.length
                                                      : it->first;
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), until - offset));
    const auto piece = out.first(length);
    if (!inside) {
      read_base(offset, piece);
    } else if (it->second.data) {
      const auto first = it->second.data->begin() + static_cast<std::ptrdiff_t>(offset - it->first);
      std::copy_n(first, length, piece.begin());
    } else {
      fill_zeros(piece);
    }
    if (inside) ++it;
    out = out.subspan(length);
    offset += length;
  }
}

}  // namespace goldhive
