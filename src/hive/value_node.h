// A key value ("vk"): name, type, and where the data is.
//
// What is odd about it: data of 4 bytes or less lies in the data field itself, and then the top bit
// of the length is set. A length of 0 without that bit exists too: in the tombstones of layered
// keys. Source: msuhanov/regf, "Key value".
#pragma once

#include <cstdint>
#include <string>

#include "imgtools/bytes/bytes.h"
#include "src/hive/cell.h"
#include "src/hive/cell_name.h"
#include "src/hive/hive.h"

namespace goldhive::hive {

/// Flags of a value.
inline constexpr std::uint16_t value_comp_name = 0x0001;  ///< the name is Latin-1
inline constexpr std::uint16_t value_tombstone = 0x0002;

/// Top bit of the length: the data is in the data field.
inline constexpr std::uint32_t value_data_inline = 0x80000000;
inline constexpr std::uint32_t max_inline_data = 4;

/// Where the fields lie in the cell's content.
namespace vk {
inline constexpr std::size_t name_length = 2;
inline constexpr std::size_t data_length = 4;
inline constexpr std::size_t data = 8;
inline constexpr std::size_t type = 12;
inline constexpr std::size_t flags = 16;
inline constexpr std::size_t spare = 18;
inline constexpr std::size_t name = 20;
}  // namespace vk

/// All of a value but its name.
struct ValueFields {
  std::uint16_t name_length = 0;      ///< bytes as stored
  std::uint32_t raw_data_length = 0;  ///< as stored, with the inline bit
  std::uint32_t raw_data = 0;         ///< as stored: a cell, or up to 4 bytes of data
  ValueType type = ValueType::none;
  std::uint16_t flags = 0;
  std::uint16_t spare = 0;

  bool has_compressed_name() const { return (flags & value_comp_name) != 0; }
  bool is_inline() const { return (raw_data_length & value_data_inline) != 0; }
  /// The stated length. An inline length above 4 is a fault.
  std::uint32_t data_length() const { return raw_data_length & ~value_data_inline; }
  /// Whether data of this length must be a "db" record in a hive of version 1.`minor_version`.
  bool is_big(std::uint32_t minor_version) const;
  /// The cell of plain or big data; no_cell if the data is inline or empty.
  CellOffset data_cell() const { return is_inline() || data_length() == 0 ? no_cell : raw_data; }
  /// Inline data; Error(corrupt) if its length is above 4. `content` is that of the cell.
  Bytes inline_data(const ByteView& content) const;
};

struct ValueNode : ValueFields {
  std::u16string name;  ///< "" is the default value
};

/// A value whose name stays in the cell.
struct ValueView : ValueFields {
  NameView name;
};

/// Throws the error of parse_value_view() for a name that is too long.
[[noreturn]] void value_name_beyond_cell(const ByteView& content, std::uint16_t length);
/// Throws what it throws of a cell that ends before the name.
[[noreturn]] void value_cut_off(const ByteView& content);

/// Of a cell, or of its first bytes up to vk::name. Here for the same reason as parse_key_fields().
[[gnu::always_inline]] inline ValueFields parse_value_fields(const ByteView& cell) {
  ValueFields node;
  node.name_length = cell.u16(vk::name_length);
  node.raw_data_length = cell.u32(vk::data_length);
  node.raw_data = cell.u32(vk::data);
  node.type = static_cast<ValueType>(cell.u32(vk::type));
  node.flags = cell.u16(vk::flags);
  node.spare = cell.u16(vk::spare);
  return node;
}

/// Error(corrupt) if it is no value or the name does not fit into the cell.
inline ValueView parse_value_view(const ByteView& content) {
  const ByteView cell = content;
  if (cell.size() < vk::name) value_cut_off(cell);
  require_signature(cell, "vk", "a value");
  ValueView node{parse_value_fields(cell.slice(0, vk::name)), {}};
  if (node.name_length > cell.size() - vk::name) value_name_beyond_cell(cell, node.name_length);
  node.name = NameView(cell.slice(vk::name, node.name_length), node.has_compressed_name());
  return node;
}

/// As parse_value_view(), with the name decoded.
ValueNode parse_value_node(const ByteView& content);

}  // namespace goldhive::hive
