#include "src/hive/edit_buffer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "imgtools/bytes/error.h"

namespace goldhive::hive {

namespace {
constexpr std::uint64_t page_size = 4096;
constexpr std::size_t join_gap = 32;
}  // namespace

EditBuffer::EditBuffer(std::shared_ptr<const ByteSource> base)
    : ByteSource(base->name()), base_(std::move(base)), size_(base_->size()) {}

void EditBuffer::grow(std::uint64_t size) {
  if (size < size_) throw Error(ErrorKind::usage, "an edit buffer cannot shrink", name());
  size_ = size;
}

Bytes EditBuffer::base_page(std::uint64_t page) const {
  Bytes bytes(page_size);
  const std::uint64_t start = page * page_size;
  if (start < base_->size()) {
    const auto length = static_cast<std::size_t>(std::min(page_size, base_->size() - start));
    base_->read(start, std::span(bytes).first(length));
  }
  return bytes;
}

void EditBuffer::write(std::uint64_t offset, std::span<const std::uint8_t> data) {
  if (offset > size_ || data.size() > size_ - offset) {
    throw Error::corrupt(name(), offset, "edit beyond the end of the hive",
                         fmt::format("at most {} bytes", offset < size_ ? size_ - offset : 0),
                         fmt::format("{} bytes", data.size()));
  }
  while (!data.empty()) {
    const std::uint64_t page = offset / page_size;
    const auto within = static_cast<std::size_t>(offset % page_size);
    const std::size_t length = std::min<std::size_t>(data.size(), page_size - within);
    auto found = pages_.find(page);
    if (found == pages_.end()) found = pages_.emplace(page, base_page(page)).first;
    std::copy_n(data.begin(), length, found->second.begin() + static_cast<std::ptrdiff_t>(within));
    data = data.subspan(length);
    offset += length;
  }
}

void EditBuffer::write_u16(std::uint64_t offset, std::uint16_t value) {
  std::array<std::uint8_t, 2> bytes{};
  put_u16(bytes, 0, value);
  write(offset, bytes);
}

void EditBuffer::write_u32(std::uint64_t offset, std::uint32_t value) {
  std::array<std::uint8_t, 4> bytes{};
  put_u32(bytes, 0, value);
  write(offset, bytes);
}

void EditBuffer::write_u64(std::uint64_t offset, std::uint64_t value) {
  std::array<std::uint8_t, 8> bytes{};
  put_u64(bytes, 0, value);
  write(offset, bytes);
}

std::uint32_t EditBuffer::read_u32(std::uint64_t offset) const {
  const Bytes bytes = read(offset, std::size_t{4});
  return ByteView(bytes, offset, name()).u32(0);
}

void EditBuffer::do_read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  while (!out.empty()) {
    const std::uint64_t page = offset / page_size;
    const auto within = static_cast<std::size_t>(offset % page_size);
    auto length = std::min<std::size_t>(out.size(), page_size - within);
    if (const auto found = pages_.find(page); found != pages_.end()) {
      std::copy_n(found->second.begin() + static_cast<std::ptrdiff_t>(within), length, out.begin());
    } else {
      // One read up to the next edited page: a walk of a large hive must not become a read a page.
      const auto next = pages_.upper_bound(page);
      const std::uint64_t limit =
          next == pages_.end() ? offset + out.size() : next->first * page_size;
      length = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), limit - offset));
      const std::uint64_t held = offset < base_->size() ? base_->size() - offset : 0;
      const auto from_base = static_cast<std::size_t>(std::min<std::uint64_t>(length, held));
      if (from_base > 0) base_->read(offset, out.first(from_base));
      std::fill(out.begin() + static_cast<std::ptrdiff_t>(from_base),
                out.begin() + static_cast<std::ptrdiff_t>(length), std::uint8_t{0});
    }
    out = out.subspan(length);
    offset += length;
  }
}

std::vector<Write> EditBuffer::differences() const {
  std::vector<Write> ranges;
  const auto add = [&ranges](std::uint64_t offset, std::span<const std::uint8_t> bytes) {
    if (!ranges.empty() && ranges.back().first + ranges.back().second.size() == offset) {
      ranges.back().second.insert(ranges.back().second.end(), bytes.begin(), bytes.end());
    } else {
      ranges.emplace_back(offset, Bytes(bytes.begin(), bytes.end()));
    }
  };
  for (const auto& [page, bytes] : pages_) {
    const std::uint64_t start = page * page_size;
    const Bytes old = base_page(page);
    const auto length = static_cast<std::size_t>(std::min(page_size, size_ - start));
    const auto held = static_cast<std::size_t>(
        start < base_->size() ? std::min<std::uint64_t>(length, base_->size() - start) : 0);
    // Bytes beyond the base's end are always written: they are not there yet.
    const auto differs = [&, &now = bytes](std::size_t i) {
      return i >= held || now[i] != old[i];  // named anew: clang 14 captures no binding as it is
    };
    for (std::size_t i = 0; i < length;) {
      if (!differs(i)) {
        ++i;
        continue;
      }
      std::size_t end = i + 1;
      for (std::size_t j = end; j < length && j - end < join_gap; ++j) {
        if (differs(j)) end = j + 1;
      }
      add(start + i, std::span(bytes).subspan(i, end - i));
      i = end;
    }
  }
  return ranges;
}

}  // namespace goldhive::hive
