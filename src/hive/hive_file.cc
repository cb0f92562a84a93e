#include "src/hive/hive_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "imgtools/bytes/error.h"
#include "src/hive/big_data.h"
#include "src/hive/cell.h"

namespace goldhive::hive {

namespace {

constexpr std::uint32_t smallest_cell = 8;

}  // namespace

HiveFile::HiveFile(std::shared_ptr<const ByteSource> source)
    : cache_(std::move(source)), base_block_(read_base_block(cache_.source())) {}

Cell HiveFile::cell(CellOffset offset, const char* what) const {
  return cell_head(offset, max_bins_size, what);
}

Cell HiveFile::cell_head(CellOffset offset, std::size_t at_most, const char* what) const {
  const std::string& name = source().name();
  const std::uint64_t at = file_offset(offset);
  const std::uint32_t bins = base_block_.bins_size;
  if (offset < bin_header_size || offset % cell_alignment != 0 ||
      std::uint64_t{offset} + smallest_cell > bins) {
    throw Error::corrupt(name, at, fmt::format("no cell can be here ({})", what),
                         fmt::format("a multiple of 8 in {:#x} bytes of bins", bins),
                         fmt::format("cell offset {:#x}", offset));
  }
  std::array<std::uint8_t, cell_header_size> raw{};
  cache_.read(at, raw);
  const CellHeader header = parse_cell_header(ByteView(raw, at, name));
  if (!header.in_use) {
    throw Error::corrupt(name, at, fmt::format("a free cell is used ({})", what), "a cell in use",
                         fmt::format("a free one of {:#x} bytes", header.size));
  }
  if (header.size > bins - offset) {
    throw Error::corrupt(name, at, fmt::format("a cell reaches beyond the bins ({})", what),
                         fmt::format("at most {:#x} bytes", bins - offset),
                         fmt::format("{:#x}", header.size));
  }
  Bytes content(std::min<std::size_t>(header.content_size(), at_most));
  cache_.read(at + cell_header_size, content);
  return Cell(std::move(content), at + cell_header_size, name);
}

KeyNode HiveFile::key_node(CellOffset offset) const {
  return parse_key_node(cell(offset, "key node").view());
}

KeyNode HiveFile::subkey_node(CellOffset offset, CellOffset parent) const {
  KeyNode node = key_node(offset);
  const auto refuse = [&](const char* message, std::string expected, std::string actual) {
    throw Error::corrupt(source().name(), file_offset(offset) + cell_header_size + nk::parent,
                         message, std::move(expected), std::move(actual));
  };
  if (offset == base_block_.root_cell) {
    refuse("the root key is listed as a subkey", "another key", fmt::format("cell {:#x}", offset));
  }
  if (node.parent != parent) {
    refuse("a key does not belong to the key that lists it", fmt::format("parent {:#x}", parent),
           fmt::format("{:#x}", node.parent));
  }
  // Only the root may have any name. A subkey without one was something else before the damage.
  if (node.name.empty()) {
    throw Error::corrupt(source().name(), file_offset(offset) + cell_header_size + nk::name_length,
                         "a subkey has no name");
  }
  return node;
}

ValueNode HiveFile::value_node(CellOffset offset) const {
  return parse_value_node(cell(offset, "value").view());
}

Bytes HiveFile::value_data(const ValueNode& node, CellOffset value) const {
  if (node.is_inline()) return node.inline_data(cell(value, "value").view());
  if (node.data_length() == 0) return {};
  if (node.is_big(base_block_.minor_version)) return big_data(node);
  const std::uint32_t length = node.data_length();
  const Cell data = cell_head(node.data_cell(), length, "value data");
  if (data.view().size() < length) {
    throw Error::corrupt(source().name(), file_offset(value) + cell_header_size + vk::data_length,
                         "value data is longer than its cell",
                         fmt::format("at most {} bytes", data.view().size()),
                         fmt::format("{} bytes", length));
  }
  const auto bytes = data.view().span();
  return Bytes(bytes.begin(), bytes.end());
}

Bytes HiveFile::big_data(const ValueNode& node) const {
  const std::uint32_t length = node.data_length();
  const Cell record = cell(node.data_cell(), "big data record");
  const BigData big = parse_big_data(record.view());
  // A length that segments of their own cells could not hold is refused before it is allocated.
  if (big.segment_count != segments_needed(length) || length > base_block_.bins_size) {
    throw Error::corrupt(source().name(), record.view().origin() + 2,
                         "big data has another number of segments than its length needs",
                         fmt::format("{} for {} bytes", segments_needed(length), length),
                         fmt::format("{}", big.segment_count));
  }
  const Cell list = cell(big.segment_list, "segment list");
  Bytes data;
  data.reserve(length);
  for (const CellOffset offset :
       parse_cell_list(list.view(), big.segment_count, "a segment list")) {
    const std::size_t want = std::min<std::size_t>(big_data_segment, length - data.size());
    const Cell segment = cell_head(offset, want, "big data segment");
    const auto bytes = segment.view().slice(0, want).span();
    data.insert(data.end(), bytes.begin(), bytes.end());
  }
  return data;
}

void CellBudget::take(const HiveFile& file, CellOffset cell, std::uint64_t bytes) {
  if (bytes > left_) {
    throw Error::corrupt(file.source().name(), file_offset(cell),
                         "cells of one list overlap: together they are larger than the bins",
                         fmt::format("at most {} bytes", file.base_block().bins_size), "more");
  }
  left_ -= bytes;
}

}  // namespace goldhive::hive
