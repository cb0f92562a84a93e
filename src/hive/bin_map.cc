#include "src/hive/bin_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace goldhive::hive {

namespace {

constexpr std::uint32_t page_size = base_block_size;
/// Larger bins are rare and hold large cells. To read a whole one, only to see where its cells
/// begin, would cost more than the question.
constexpr std::uint32_t largest_walked_bin = 16 * page_size;

}  // namespace

std::uint32_t BinMap::end_of_bin_with(CellOffset cell, const char* what) {
  const auto found = find(cell);
  const std::uint32_t start = found->first;
  Bin& bin = found->second;
  if (bin.fault) throw Error(*bin.fault);
  if (cell - start < bin_header_size) {
    throw Error::corrupt(cache_.source().name(), file_offset(cell),
                         fmt::format("no cell can be here ({})", what), "a cell",
                         "the header of a bin");
  }
  if (!bin.walked && bin.end - start <= largest_walked_bin) walk(start, bin);
  if (bin.fault) throw Error(*bin.fault);
  if (!bin.walked) return bin.end;
  const std::uint32_t bit = (cell - start) / cell_alignment;
  if ((bin.cells[bit / 64] >> (bit % 64) & 1) == 0) {
    throw Error::corrupt(cache_.source().name(), file_offset(cell),
                         fmt::format("no cell begins here ({})", what), "the start of a cell",
                         "the middle of one");
  }
  return bin.end;
}

BinMap::Bins::iterator BinMap::find(CellOffset cell) {
  const auto next = bins_.upper_bound(cell);
  const auto before = next == bins_.begin() ? bins_.end() : std::prev(next);
  if (before != bins_.end() && before->second.end > cell) return before;
  // A known bin that ends before the cell is also the end of the search.
  const std::uint32_t stop = before == bins_.end() ? 0 : before->second.end;
  const std::uint32_t page = cell / page_size * page_size;
  for (std::uint32_t at = page;; at -= page_size) {
    std::array<std::uint8_t, bin_header_size> raw{};
    const std::uint64_t offset = file_offset(at);
    // The page of the cell is needed anyway. Pages before it are not cached, or they would push
    // others out.
    if (at == page) {
      cache_.read(offset, raw);
    } else {
      cache_.source().read(offset, raw);
    }
    const ByteView header(raw, offset, cache_.source().name());
    if (header.starts_with("hbin") && header.u32(4) == at) {
      const std::uint32_t size = header.u32(8);
      const bool sound = size != 0 && size % page_size == 0;
      if (sound && size > cell - at) return take(at, size);
      // This header ends before the cell, or states no size: the pages after it belong to no bin.
      return lose(sound ? at + size : at, cell);
    }
    if (at <= stop) break;
  }
  if (before != bins_.end() && before->second.fault) {
    before->second.end = page + page_size;
    return before;
  }
  return lose(stop, cell);
}

BinMap::Bins::iterator BinMap::take(std::uint32_t start, std::uint32_t size) {
  Bin bin;
  if (size > bins_size_ - start) {
    bin.end = bins_size_;
    bin.fault = Error::corrupt(
        cache_.source().name(), file_offset(start) + 8, "a bin reaches beyond the last one",
        fmt::format("at most {:#x}", bins_size_ - start), fmt::format("{:#x}", size));
  } else {
    bin.end = start + size;
  }
  return bins_.insert_or_assign(start, std::move(bin)).first;
}

BinMap::Bins::iterator BinMap::lose(std::uint32_t start, CellOffset cell) {
  Bin stretch;
  stretch.end = cell / page_size * page_size + page_size;
  try {
    std::array<std::uint8_t, bin_header_size> raw{};
    cache_.source().read(file_offset(start), raw);
    parse_bin_header(ByteView(raw, file_offset(start), cache_.source().name()));
    stretch.fault =
        Error::corrupt(cache_.source().name(), file_offset(cell), "a cell lies in no bin");
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::corrupt) throw;
    stretch.fault = e;
  }
  return bins_.insert_or_assign(start, std::move(stretch)).first;
}

void BinMap::walk(std::uint32_t start, Bin& bin) const {
  Bytes content(bin.end - start);
  try {
    cache_.read(file_offset(start), content);
  } catch (const Error&) {
    return;  // a sector cannot be read, maybe not one of the cell
  }
  bin.cells.assign((content.size() / cell_alignment + 63) / 64, 0);
  const ByteView view(content, file_offset(start), cache_.source().name());
  for (std::size_t at = bin_header_size; at < content.size();) {
    CellHeader cell;
    try {
      cell = parse_cell_header(view.from(at));
      if (cell.size > content.size() - at) {
        throw Error::corrupt(std::string(view.name()), view.origin() + at,
                             "a cell reaches beyond its bin",
                             fmt::format("at most {:#x} bytes", content.size() - at),
                             fmt::format("{:#x}", cell.size));
      }
    } catch (const Error& e) {
      bin.fault = e;  // Windows looks at all cells of a bin when it loads it
      break;
    }
    bin.cells[at / cell_alignment / 64] |= std::uint64_t{1} << (at / cell_alignment % 64);
    at += cell.size;
  }
  bin.walked = true;
}

}  // namespace goldhive::hive
