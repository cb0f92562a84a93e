#include "src/hive/overlay.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/error.h"

namespace goldhive::hive {

namespace {

/// Calls f(page number, offset in the page, the part of `bytes` that lies there) for each page.
template <typename Span, typename F>
void for_each_page(std::uint64_t offset, Span bytes, F f) {
  constexpr std::uint64_t unit = OverlaySource::page_size;
  while (!bytes.empty()) {
    const std::uint64_t within = offset % unit;
    const auto length = static_cast<std::size_t>(
        std::min<std::uint64_t>(unit - within, std::uint64_t{bytes.size()}));
    f(offset / unit, static_cast<std::size_t>(within), bytes.first(length));
    offset += length;
    bytes = bytes.subspan(length);
  }
}

}  // namespace

OverlaySource::OverlaySource(std::shared_ptr<const ByteSource> base, std::uint64_t budget)
    : ByteSource(base->name()), base_(std::move(base)), budget_(budget), size_(base_->size()) {}

void OverlaySource::read_base(std::uint64_t offset, std::span<std::uint8_t> out) const {
  const std::uint64_t held = offset < base_->size() ? base_->size() - offset : 0;
  const auto length =
      static_cast<std::size_t>(std::min<std::uint64_t>(held, std::uint64_t{out.size()}));
  if (length != 0) base_->read(offset, out.first(length));
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(length), out.end(), std::uint8_t{0});
}

void OverlaySource::resize(std::uint64_t size) {
  pages_.erase(pages_.lower_bound((size + page_size - 1) / page_size), pages_.end());
  size_ = size;
}

void OverlaySource::write(std::uint64_t offset, std::span<const std::uint8_t> data) {
  if (offset > size_ || data.size() > size_ - offset) {
    throw Error::corrupt(name(), offset, "write beyond the end", fmt::format("{} bytes", size_),
                         fmt::format("{} bytes more", data.size()));
  }
  for_each_page(offset, data, [&](std::uint64_t number, std::size_t within, auto part) {
    auto it = pages_.find(number);
    if (it == pages_.end()) {
      if ((pages_.size() + 1) * std::uint64_t{page_size} > budget_) {
        throw Error(ErrorKind::unsupported,
                    fmt::format("recovery would change more than {} MiB", budget_ >> 20), name());
      }
      Bytes page(page_size);
      if (part.size() < page_size) read_base(number * page_size, page);
      it = pages_.emplace(number, std::move(page)).first;
    }
    std::copy(part.begin(), part.end(), it->second.begin() + static_cast<std::ptrdiff_t>(within));
  });
}

std::vector<Write> OverlaySource::changed_pages() const {
  std::vector<Write> changed;
  Bytes old(page_size);
  for (const auto& [number, page] : pages_) {
    const std::uint64_t offset = number * page_size;
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(page_size, size_ - offset));
    read_base(offset, old);
    const bool beyond = offset + length > base_->size();
    if (!beyond &&
        std::equal(page.begin(), page.begin() + static_cast<std::ptrdiff_t>(length), old.begin())) {
      continue;
    }
    changed.emplace_back(offset,
                         Bytes(page.begin(), page.begin() + static_cast<std::ptrdiff_t>(length)));
  }
  return changed;
}

void OverlaySource::do_read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  // Long stretches without pages of ours are one read of the base, not one for each page.
  while (!out.empty()) {
    const std::uint64_t number = offset / page_size;
    const auto next = pages_.lower_bound(number);
    if (next != pages_.end() && next->first == number) {
      const auto within = static_cast<std::size_t>(offset % page_size);
      const std::size_t length = std::min(out.size(), page_size - within);
      std::copy_n(next->second.begin() + static_cast<std::ptrdiff_t>(within), length, out.begin());
      offset += length;
      out = out.subspan(length);
      continue;
    }
    std::uint64_t stretch = out.size();
    if (next != pages_.end()) stretch = std::min(stretch, next->first * page_size - offset);
    read_base(offset, out.first(static_cast<std::size_t>(stretch)));
    offset += stretch;
    out = out.subspan(static_cast<std::size_t>(stretch));
  }
}

}  // namespace goldhive::hive
