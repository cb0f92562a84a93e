#include "src/hive/hive_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "imgtools/bytes/error.h"
#include "src/hive/big_data.h"
#include "src/hive/cell.h"
#include "src/hive/security.h"

namespace goldhive::hive {

namespace {

constexpr std::uint32_t smallest_cell = 8;
/// Enough for nearly every name; a longer name costs a second read.
constexpr std::size_t usual_name = 256;
/// The largest known list has 55,000 (MountedDevices of a server).
constexpr std::uint32_t longest_value_list = 1u << 20;

}  // namespace

HiveFile::HiveFile(std::shared_ptr<const ByteSource> source)
    : cache_(std::move(source)),
      base_block_(read_base_block(cache_.source())),
      bins_(cache_, base_block_.bins_size) {}

Cell HiveFile::cell_head(CellOffset offset, std::size_t at_most, const char* what) const {
  const std::string& name = source().name();
  const std::uint64_t at = file_offset(offset);
  const std::uint32_t bins = base_block_.bins_size;
  if (offset == no_cell) {
    throw Error(ErrorKind::corrupt,
                fmt::format("a {} is missing: what must name one has the offset 0xffffffff, which "
                            "means none",
                            what),
                name);
  }
  if (offset < bin_header_size || offset % cell_alignment != 0 ||
      std::uint64_t{offset} + smallest_cell > bins) {
    throw Error::corrupt(name, at, fmt::format("no cell can be here ({})", what),
                         fmt::format("a multiple of 8 in {:#x} bytes of bins", bins),
                         fmt::format("cell offset {:#x}", offset));
  }
  const std::uint32_t room = bins_.end_of_bin_with(offset, what) - offset;
  std::array<std::uint8_t, cell_header_size> raw{};
  cache_.read(at, raw);
  const CellHeader header = parse_cell_header(ByteView(raw, at, name));
  if (!header.in_use) {
    throw Error::corrupt(name, at, fmt::format("a free cell is used ({})", what), "a cell in use",
                         fmt::format("a free one of {:#x} bytes", header.size));
  }
  if (header.size > room) {
    throw Error::corrupt(name, at, fmt::format("a cell reaches beyond its bin ({})", what),
                         fmt::format("at most {:#x} bytes", room),
                         fmt::format("{:#x}", header.size));
  }
  const std::size_t length = std::min<std::size_t>(header.content_size(), at_most);
  Bytes content(length);
  cache_.read(at + cell_header_size, content);
  return Cell(std::move(content), header.content_size(), at + cell_header_size, name);
}

template <typename Needed>
Cell HiveFile::cell_as_needed(CellOffset offset, std::size_t at_most, const char* what,
                              Needed needed) const {
  Cell cell = cell_head(offset, at_most, what);
  if (cell.view().size() < at_most) return cell;  // then the cell is complete
  const std::size_t length = needed(cell.view());
  return length <= at_most ? cell : cell_head(offset, length, what);
}

KeyNode HiveFile::key_node(CellOffset offset) const {
  const Cell cell =
      cell_as_needed(offset, nk::name + usual_name, "key node",
                     [](const ByteView& head) { return nk::name + head.u16(nk::name_length); });
  return parse_key_node(cell.view());
}

SubkeyList HiveFile::subkey_list(CellOffset offset) const {
  const Cell cell = cell_as_needed(offset, subkey_list_head_size, "subkey list", subkey_list_size);
  return parse_subkey_list(cell.view());
}

std::vector<CellOffset> HiveFile::value_list(const KeyFields& key) const {
  const std::uint32_t count = key.stored_values();
  if (count == 0) return {};
  const Cell head = cell_head(key.value_list, 0, "value list");
  if (count > head.size() / 4 || count > longest_value_list) {
    throw Error::corrupt(source().name(), head.view().origin(),
                         "a value list is longer than its cell", fmt::format("{} offsets", count),
                         fmt::format("room for {}", head.size() / 4));
  }
  return parse_cell_list(cell_head(key.value_list, std::size_t{count} * 4, "value list").view(),
                         count, "a value list");
}

void HiveFile::require_security(CellOffset cell, const KeyFields& key) const {
  if (sound_security_.contains(key.security)) return;
  if (key.security == no_cell) {
    throw Error::corrupt(source().name(), file_offset(cell) + cell_header_size + nk::security,
                         "a key without security", "a security record", "none");
  }
  const Cell record = cell_head(key.security, sk::descriptor, "security record");
  require_security_record(record.view(), record.size());
  sound_security_.insert(key.security);
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
  // Only the root may have an empty name. A subkey without a name is damaged.
  if (node.name.empty()) {
    throw Error::corrupt(source().name(), file_offset(offset) + cell_header_size + nk::name_length,
                         "a subkey has no name");
  }
  return node;
}

ValueNode HiveFile::value_node(CellOffset offset) const {
  const Cell cell =
      cell_as_needed(offset, vk::name + usual_name, "value",
                     [](const ByteView& head) { return vk::name + head.u16(vk::name_length); });
  return parse_value_node(cell.view());
}

Bytes HiveFile::value_data(const ValueNode& node, CellOffset value) const {
  if (node.is_inline()) return node.inline_data(cell_head(value, vk::name, "value").view());
  if (node.data_length() == 0) return {};
  if (node.is_big(base_block_.minor_version)) return big_data(node);
  const std::uint32_t length = node.data_length();
  const std::size_t room = cell_head(node.data_cell(), 0, "value data").size();
  if (room < length) {
    throw Error::corrupt(source().name(), file_offset(value) + cell_header_size + vk::data_length,
                         "value data is longer than its cell",
                         fmt::format("at most {} bytes", room), fmt::format("{} bytes", length));
  }
  const Cell data = cell_head(node.data_cell(), length, "value data");
  const auto bytes = data.view().span();
  return Bytes(bytes.begin(), bytes.end());
}

Bytes HiveFile::big_data(const ValueNode& node) const {
  const std::uint32_t length = node.data_length();
  const Cell record = cell_head(node.data_cell(), big_data_record_size, "big data record");
  const BigData big = parse_big_data(record.view());
  // A length for which the hive has too few bytes or segments is refused before it is allocated.
  if (big.segment_count != segments_needed(length) || length > base_block_.bins_size) {
    throw Error::corrupt(source().name(), record.view().origin() + 2,
                         "big data has another number of segments than its length needs",
                         fmt::format("{} for {} bytes", segments_needed(length), length),
                         fmt::format("{}", big.segment_count));
  }
  const Cell list = cell_head(big.segment_list, std::size_t{big.segment_count} * 4, "segment list");
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
