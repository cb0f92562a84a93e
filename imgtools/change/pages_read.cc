#include "imgtools/change/pages_read.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "imgtools/bytes/large_buffer.h"

namespace goldhive {

namespace {

/// Mixes a word into a sum. Sums that differ stay different, and so do words.
std::uint64_t mix(std::uint64_t sum, std::uint64_t word) {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
  return std::rotl((sum ^ word) * odd, 32);
}

std::uint64_t word_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data() + at, std::min(bytes.size() - at, sizeof word));
  return word;
}

/// Sixty-four bits that stand for a page. Two pages that differ in one word never have the same.
/// This is no protection from who could make pages on purpose: he could as well leave the page as
/// it is.
///
/// Four sums, each of every fourth word: the processor works on all four at the same time, while
/// each step of a single sum would wait for the one before it.
std::uint64_t fingerprint(std::span<const std::uint8_t> page) {
  std::uint64_t a = 1, b = 2, c = 3, d = 4;
  std::size_t at = 0;
  for (; page.size() - at >= 32; at += 32) {
    a = mix(a, word_at(page, at));
    b = mix(b, word_at(page, at + 8));
    c = mix(c, word_at(page, at + 16));
    d = mix(d, word_at(page, at + 24));
  }
  std::uint64_t sum = mix(mix(mix(mix(page.size(), a), b), c), d);
  for (; at < page.size(); at += 8) sum = mix(sum, word_at(page, at));
  return sum == 0 ? 1 : sum;
}

std::vector<std::uint64_t> fingerprints(std::span<const std::uint8_t> bytes) {
  std::vector<std::uint64_t> prints;
  prints.reserve(bytes.size() / PagesRead::page_size + 1);
  for (std::size_t at = 0; at < bytes.size(); at += PagesRead::page_size) {
    const std::size_t length = std::min<std::size_t>(bytes.size() - at, PagesRead::page_size);
    prints.push_back(fingerprint(bytes.subspan(at, length)));
  }
  return prints;
}

}  // namespace

bool PagesRead::note_size(std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return true;
  if (!size_) size_ = size;
  return *size_ == size;
}

std::optional<std::uint64_t> PagesRead::note(std::uint64_t offset,
                                             std::span<const std::uint8_t> bytes) {
  const std::vector<std::uint64_t> prints = fingerprints(bytes);
  std::optional<std::uint64_t> changed;
  const std::lock_guard lock(mutex_);
  if (stopped_) return std::nullopt;
  for (const std::uint64_t print : prints) {
    std::uint64_t& known =
        chunks_[offset / chunk_size][static_cast<std::size_t>(offset % chunk_size / page_size)];
    if (known == 0) known = print;
    if (known != print && !changed) changed = offset;
    offset += page_size;
  }
  return changed;
}

void PagesRead::forget(std::uint64_t offset, std::uint64_t length) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t end = offset + length;
  for (std::uint64_t at = offset / page_size * page_size; at < end; at += page_size) {
    const auto chunk = chunks_.find(at / chunk_size);
    if (chunk == chunks_.end()) continue;
    chunk->second[static_cast<std::size_t>(at % chunk_size / page_size)] = 0;
  }
}

void PagesRead::forget_size(std::uint64_t old_size, std::uint64_t new_size) {
  // The page that the end cut off is longer or shorter now.
  const std::uint64_t end = std::min(old_size, new_size);
  forget(end / page_size * page_size, page_size);
  const std::lock_guard lock(mutex_);
  chunks_.erase(chunks_.lower_bound(end / chunk_size + 1), chunks_.end());
  const auto last = chunks_.find(end / chunk_size);
  if (last != chunks_.end()) {
    const auto from = static_cast<std::ptrdiff_t>(end % chunk_size / page_size);
    std::fill(last->second.begin() + from, last->second.end(), 0);
  }
  if (size_) size_ = new_size;
}

void PagesRead::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  size_.reset();
  chunks_.clear();
}

std::optional<std::uint64_t> PagesRead::first_change(const WritableFile& file) const {
  const std::lock_guard lock(mutex_);
  const std::uint64_t size = file.size();
  if (size_ && *size_ != size) return size;
  LargeBuffer buffer(static_cast<std::size_t>(chunk_size));
  for (const auto& [number, chunk] : chunks_) {
    for (std::size_t first = 0; first < chunk.size();) {
      std::size_t end = first;
      while (end < chunk.size() && chunk[end] != 0) ++end;
      if (end == first) {
        ++first;
        continue;
      }
      const std::uint64_t offset = number * chunk_size + first * page_size;
      if (offset >= size) return size;
      const std::span<std::uint8_t> bytes = buffer.span().first(
          static_cast<std::size_t>(std::min((end - first) * page_size, size - offset)));
      file.read(offset, bytes);
      for (std::size_t page = first; page < end; ++page) {
        const std::size_t at = (page - first) * page_size;
        if (at >= bytes.size()) return size;
        const auto length = std::min<std::size_t>(page_size, bytes.size() - at);
        if (fingerprint(bytes.subspan(at, length)) != chunk[page]) return offset + at;
      }
      first = end;
    }
  }
  return std::nullopt;
}

}  // namespace goldhive
