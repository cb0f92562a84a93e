#include "src/hive/cell_allocator.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/error.h"
#include "src/hive/base_block.h"
#include "src/hive/cell.h"

namespace goldhive::hive {

namespace {

constexpr std::uint32_t page_size = 4096;
constexpr std::size_t neighbourhood = 16;  // this many bins to either side count as near

std::uint32_t round_up(std::uint64_t value, std::uint32_t unit) {
  return static_cast<std::uint32_t>((value + unit - 1) / unit * unit);
}

}  // namespace

CellAllocator::CellAllocator(EditBuffer& buffer, std::uint32_t bins_size)
    : buffer_(buffer), bins_size_(bins_size) {
  for (std::uint32_t offset = 0; offset < bins_size;) {
    const std::uint64_t at = file_offset(offset);
    const Bytes bytes = buffer_.read(at, std::size_t{bin_header_size});
    const BinHeader header = parse_bin_header(ByteView(bytes, at, buffer_.name()));
    if (header.size > bins_size - offset) {
      throw Error::corrupt(buffer_.name(), at + 8, "a hive bin reaches beyond the last one",
                           fmt::format("at most {:#x} bytes", bins_size - offset),
                           fmt::format("{:#x}", header.size));
    }
    bins_.push_back({offset, header.size});
    offset += header.size;
  }
}

std::size_t CellAllocator::bin_of(CellOffset cell) const {
  const auto after =
      std::upper_bound(bins_.begin(), bins_.end(), cell,
                       [](CellOffset value, const Bin& bin) { return value < bin.offset; });
  if (after == bins_.begin() || cell >= bins_size_ || cell % cell_alignment != 0) {
    throw Error::corrupt(buffer_.name(), file_offset(cell), "cell offset outside the bins",
                         fmt::format("below {:#x}, a multiple of 8", bins_size_),
                         fmt::format("{:#x}", cell));
  }
  return static_cast<std::size_t>(after - bins_.begin()) - 1;
}

std::vector<CellAllocator::Cell> CellAllocator::cells(const Bin& bin) const {
  const Bytes bytes = buffer_.read(file_offset(bin.offset), std::size_t{bin.size});
  const ByteView view(bytes, file_offset(bin.offset), buffer_.name());
  std::vector<Cell> result;
  for (std::uint32_t at = bin_header_size; at < bin.size;) {
    const CellHeader header = parse_cell_header(view.from(at));
    if (header.size > bin.size - at) {
      throw Error::corrupt(
          buffer_.name(), file_offset(bin.offset) + at, "a cell reaches beyond its bin",
          fmt::format("at most {:#x} bytes", bin.size - at), fmt::format("{:#x}", header.size));
    }
    result.push_back({bin.offset + at, header.size, header.in_use});
    at += header.size;
  }
  return result;
}

void CellAllocator::write_size(CellOffset cell, std::uint32_t size, bool in_use) {
  buffer_.write_u32(file_offset(cell), in_use ? 0U - size : size);
}

CellOffset CellAllocator::take_from(std::size_t bin, std::uint32_t size) {
  const Cell* best = nullptr;
  const std::vector<Cell> all = cells(bins_[bin]);
  for (const Cell& cell : all) {
    if (cell.in_use || cell.size < size) continue;
    if (best == nullptr || cell.size < best->size) best = &cell;
  }
  if (best == nullptr) return no_cell;
  if (best->size - size >= cell_alignment)
    write_size(best->offset + size, best->size - size, false);
  write_size(best->offset, best->size - size >= cell_alignment ? size : best->size, true);
  std::erase(used_bins_, bin);
  used_bins_.push_back(bin);
  return best->offset;
}

CellOffset CellAllocator::take_from_new_bin(std::uint32_t size) {
  const std::uint32_t bin_size = round_up(std::uint64_t{size} + bin_header_size, page_size);
  if (bin_size > max_bins_size - bins_size_) {
    throw Error(ErrorKind::refused, "the hive would grow beyond 2 GiB", buffer_.name());
  }
  const Bin bin{bins_size_, bin_size};
  const std::uint64_t at = file_offset(bin.offset);
  if (at + bin_size > buffer_.size()) buffer_.resize(at + bin_size);
  // The file may have slack after the last bin, with any bytes in it: the new bin starts with
  // zeros.
  Bytes bytes(bin_size);
  std::copy_n("hbin", 4, bytes.begin());
  put_u32(bytes, 4, bin.offset);
  put_u32(bytes, 8, bin.size);
  put_u32(bytes, bin_header_size, bin_size - bin_header_size);  // one free cell
  buffer_.write(at, bytes);
  bins_size_ += bin_size;
  bins_.push_back(bin);
  return take_from(bins_.size() - 1, size);
}

CellOffset CellAllocator::allocate(std::uint32_t payload, CellOffset near) {
  if (payload > max_bins_size - page_size) {
    throw Error(ErrorKind::usage, fmt::format("no cell can hold {} bytes", payload),
                buffer_.name());
  }
  const std::uint32_t size = round_up(std::uint64_t{payload} + cell_header_size, cell_alignment);
  std::vector<std::size_t> candidates;
  if (near != no_cell) candidates.push_back(bin_of(near));
  candidates.insert(candidates.end(), used_bins_.rbegin(), used_bins_.rend());
  if (near != no_cell) {
    const std::size_t home = candidates.front();
    for (std::size_t distance = 1; distance <= neighbourhood; ++distance) {
      if (home >= distance) candidates.push_back(home - distance);
      if (home + distance < bins_.size()) candidates.push_back(home + distance);
    }
  }
  for (const std::size_t bin : candidates) {
    if (bins_[bin].size < size + bin_header_size) continue;
    if (const CellOffset cell = take_from(bin, size); cell != no_cell) return cell;
  }
  return take_from_new_bin(size);
}

void CellAllocator::free(CellOffset cell) {
  const std::vector<Cell> all = cells(bins_[bin_of(cell)]);
  const auto found = std::find_if(all.begin(), all.end(),
                                  [cell](const Cell& each) { return each.offset == cell; });
  if (found == all.end() || !found->in_use) {
    throw Error::corrupt(buffer_.name(), file_offset(cell),
                         "a cell that is to be freed is not in use");
  }
  CellOffset start = found->offset;
  std::uint32_t size = found->size;
  if (found != all.begin() && !std::prev(found)->in_use) {
    start = std::prev(found)->offset;
    size += std::prev(found)->size;
  }
  if (std::next(found) != all.end() && !std::next(found)->in_use) size += std::next(found)->size;
  write_size(start, size, false);
}

std::uint32_t CellAllocator::capacity(CellOffset cell) const {
  bin_of(cell);
  const Bytes bytes = buffer_.read(file_offset(cell), std::size_t{cell_header_size});
  const CellHeader header = parse_cell_header(ByteView(bytes, file_offset(cell), buffer_.name()));
  if (!header.in_use) {
    throw Error::corrupt(buffer_.name(), file_offset(cell),
                         "a cell that is to be changed is not in use", "a negative size",
                         fmt::format("{:#x}", header.size));
  }
  return header.content_size();
}

}  // namespace goldhive::hive
