#include "src/hive/edit_buffer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "imgtools/bytes/error.h"

namespace goldhive::hive {

namespace {
constexpr std::size_t join_gap = 32;
}  // namespace

EditBuffer::EditBuffer(std::shared_ptr<const ByteSource> base, std::uint64_t budget)
    : ByteSource(base->name()),
      base_(std::move(base)),
      changed_(base_, base_->name()),
      budget_(budget) {}

void EditBuffer::resize(std::uint64_t size) {
  changed_.resize(size);
  touched_.erase(touched_.lower_bound((size + page_size - 1) / page_size), touched_.end());
}

void EditBuffer::write(std::uint64_t offset, std::span<const std::uint8_t> data) {
  if (offset > size() || data.size() > size() - offset) {
    throw Error::corrupt(name(), offset, "write beyond the end", fmt::format("{} bytes", size()),
                         fmt::format("{} bytes more", data.size()));
  }
  if (data.empty()) return;
  for (std::uint64_t page = offset / page_size; page * page_size < offset + data.size(); ++page) {
    if (!touched_.insert(page).second) continue;
    if (touched_.size() * std::uint64_t{page_size} > budget_) {
      throw Error(ErrorKind::unsupported,
                  fmt::format("recovery would change more than {} MiB", budget_ >> 20), name());
    }
  }
  changed_.write(offset, data);
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
  changed_.read(offset, out);
}

EditBuffer::Page EditBuffer::page(std::uint64_t number) const {
  Page page;
  page.offset = number * page_size;
  const auto up_to = [&page](std::uint64_t size) {
    if (size <= page.offset) return std::size_t{0};
    return static_cast<std::size_t>(std::min<std::uint64_t>(page_size, size - page.offset));
  };
  page.now = changed_.read(page.offset, up_to(size()));
  page.in_base = std::min(up_to(base_->size()), page.now.size());
  if (page.in_base > 0) page.old = base_->read(page.offset, page.in_base);
  page.old.resize(page.now.size());
  return page;
}

std::vector<Write> EditBuffer::differences() const {
  std::vector<Write> ranges;
  const auto add = [&ranges](std::uint64_t offset, std::span<const std::uint8_t> bytes) {
    if (!ranges.empty() && ranges.back().offset + ranges.back().data.size() == offset) {
      ranges.back().data.insert(ranges.back().data.end(), bytes.begin(), bytes.end());
    } else {
      ranges.push_back({offset, Bytes(bytes.begin(), bytes.end())});
    }
  };
  for (const std::uint64_t number : touched_) {
    const Page page = this->page(number);
    // Bytes beyond the base's end are always written, since the file does not have them yet.
    const auto differs = [&page](std::size_t i) {
      return i >= page.in_base || page.now[i] != page.old[i];
    };
    for (std::size_t i = 0; i < page.now.size();) {
      if (!differs(i)) {
        ++i;
        continue;
      }
      std::size_t end = i + 1;
      for (std::size_t j = end; j < page.now.size() && j - end < join_gap; ++j) {
        if (differs(j)) end = j + 1;
      }
      add(page.offset + i, std::span(page.now).subspan(i, end - i));
      i = end;
    }
  }
  return ranges;
}

std::vector<Write> EditBuffer::changed_pages() const {
  std::vector<Write> pages;
  for (const std::uint64_t number : touched_) {
    Page page = this->page(number);
    if (page.in_base == page.now.size() && page.now == page.old) continue;
    pages.push_back({page.offset, std::move(page.now)});
  }
  return pages;
}

}  // namespace goldhive::hive
