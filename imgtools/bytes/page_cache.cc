#include "imgtools/bytes/page_cache.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "imgtools/bytes/error.h"

namespace goldhive {

PageCache::PageCache(std::shared_ptr<const ByteSource> source)
    : source_(std::move(source)), budget_(budget_for(*source_)), sets_(sets) {}

const PageCache::Slot* PageCache::slot_with(std::uint64_t page) const {
  Set& set = sets_[page % sets];
  for (std::size_t i = 0; i < std::size(set.slots); ++i) {
    if (set.slots[i].page != page) continue;
    set.oldest = 1 - i;
    return &set.slots[i];
  }
  return nullptr;
}

void PageCache::read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  budget_->read(out.size(), source_->name());
  const std::uint64_t size = source_->size();
  const bool inside = offset <= size && out.size() <= size - offset;
  if (!inside || out.empty() || out.size() > longest_cached) {
    source_->read(offset, out);
    return;
  }
  const std::uint64_t first = offset / page_size;
  const std::uint64_t last = (offset + out.size() - 1) / page_size;
  try {
    load_missing(first, last);
  } catch (const Error&) {
    // Perhaps the bytes asked for can be read, and only others in their pages cannot.
    source_->read(offset, out);
    return;
  }
  for (std::uint64_t page = first; page <= last; ++page) {
    const Bytes& data = slot_with(page)->data;
    const std::uint64_t page_start = page * page_size;
    const std::uint64_t from = std::max(offset, page_start) - page_start;
    const std::uint64_t to = std::min<std::uint64_t>(offset + out.size() - page_start, page_size);
    std::copy(data.begin() + static_cast<std::ptrdiff_t>(from),
              data.begin() + static_cast<std::ptrdiff_t>(to),
              out.begin() + static_cast<std::ptrdiff_t>(page_start + from - offset));
  }
}

void PageCache::load_missing(std::uint64_t first, std::uint64_t last) const {
  for (std::uint64_t page = first; page <= last; ++page) {
    if (slot_with(page) != nullptr) continue;
    std::uint64_t end = page + 1;
    while (end <= last && slot_with(end) == nullptr) ++end;
    load(page, end - page);
  }
}

void PageCache::load(std::uint64_t first, std::uint64_t count) const {
  const std::uint64_t start = first * page_size;
  const std::uint64_t length = std::min(count * page_size, source_->size() - start);
  const Bytes run = source_->read(start, static_cast<std::size_t>(length));
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto from = run.begin() + static_cast<std::ptrdiff_t>(i * page_size);
    const auto to = run.begin() + static_cast<std::ptrdiff_t>(
                                      std::min<std::uint64_t>((i + 1) * page_size, length));
    Set& set = sets_[(first + i) % sets];
    Slot& slot = set.slots[set.oldest];
    set.oldest = 1 - set.oldest;
    slot.data.assign(from, to);
    slot.page = first + i;
  }
}

}  // namespace goldhive
