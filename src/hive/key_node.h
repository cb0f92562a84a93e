// A key node ("nk"): one key, with links to its parent, its lists, its security and its class.
//
// What is odd about it:
// - Counts and lists come in pairs, stable and volatile; the volatile half means nothing on disk.
// - `max_subkey_name` is 16 bits since 1.5; the other 16 of that dword hold flags.
// - The max fields are lengths in UTF-16, whatever the stored form, and are never lowered.
// - The parent of the root is not a cell of this hive.
// - With KEY_PREDEF_HANDLE the value count is a handle, and there are no values.
//
// Source: msuhanov/regf, "Key node".
#pragma once

#include <cstdint>
#include <string>

#include "imgtools/bytes/bytes.h"
#include "src/hive/cell.h"
#include "src/hive/cell_name.h"
#include "src/hive/hive.h"

namespace goldhive::hive {

/// Flags of a key node.
inline constexpr std::uint16_t key_volatile = 0x0001;
inline constexpr std::uint16_t key_hive_exit = 0x0002;
inline constexpr std::uint16_t key_hive_entry = 0x0004;  ///< the root of a hive
inline constexpr std::uint16_t key_no_delete = 0x0008;
inline constexpr std::uint16_t key_sym_link = 0x0010;
inline constexpr std::uint16_t key_comp_name = 0x0020;  ///< the name is Latin-1
inline constexpr std::uint16_t key_predef_handle = 0x0040;

/// Where the fields lie in the cell's content.
namespace nk {
inline constexpr std::size_t flags = 2;
inline constexpr std::size_t last_written = 4;
inline constexpr std::size_t access_bits = 12;
inline constexpr std::size_t parent = 16;
inline constexpr std::size_t subkey_count = 20;
inline constexpr std::size_t volatile_subkey_count = 24;
inline constexpr std::size_t subkey_list = 28;
inline constexpr std::size_t volatile_subkey_list = 32;
inline constexpr std::size_t value_count = 36;
inline constexpr std::size_t value_list = 40;
inline constexpr std::size_t security = 44;
inline constexpr std::size_t class_name = 48;
inline constexpr std::size_t max_subkey_name = 52;
inline constexpr std::size_t user_flags = 54;
inline constexpr std::size_t debug = 55;
inline constexpr std::size_t max_subkey_class = 56;
inline constexpr std::size_t max_value_name = 60;
inline constexpr std::size_t max_value_data = 64;
inline constexpr std::size_t work_var = 68;
inline constexpr std::size_t name_length = 72;
inline constexpr std::size_t class_length = 74;
inline constexpr std::size_t name = 76;
}  // namespace nk

/// All of a key node but its name.
struct KeyFields {
  std::uint16_t flags = 0;
  FileTime last_written = 0;
  std::uint32_t access_bits = 0;  ///< since Windows 8; "spare" before
  CellOffset parent = no_cell;
  std::uint32_t subkey_count = 0;
  std::uint32_t volatile_subkey_count = 0;
  CellOffset subkey_list = no_cell;
  CellOffset volatile_subkey_list = no_cell;
  std::uint32_t value_count = 0;  ///< as stored; see stored_values()
  CellOffset value_list = no_cell;
  CellOffset security = no_cell;
  CellOffset class_name = no_cell;
  std::uint16_t max_subkey_name = 0;  ///< bytes in UTF-16
  std::uint8_t user_flags = 0;        ///< user and virtualization flags
  std::uint8_t debug = 0;
  std::uint32_t max_subkey_class = 0;  ///< bytes
  std::uint32_t max_value_name = 0;    ///< bytes in UTF-16
  std::uint32_t max_value_data = 0;    ///< bytes
  std::uint32_t work_var = 0;
  std::uint16_t name_length = 0;   ///< bytes as stored
  std::uint16_t class_length = 0;  ///< bytes

  bool has_compressed_name() const { return (flags & key_comp_name) != 0; }
  bool is_link() const { return (flags & key_sym_link) != 0; }
  /// The number of values the value list must hold.
  std::uint32_t stored_values() const { return (flags & key_predef_handle) != 0 ? 0 : value_count; }
};

struct KeyNode : KeyFields {
  std::u16string name;
};

/// A key node whose name stays in the cell.
struct KeyView : KeyFields {
  NameView name;
};

/// Throws the error of parse_key_view() for a name that is too long.
[[noreturn]] void key_name_beyond_cell(const ByteView& content, std::uint16_t length);
/// Throws what it throws of a cell that ends before the name.
[[noreturn]] void key_cut_off(const ByteView& content);

/// Of a cell, or of its first bytes up to nk::name. These and parse_key_view() are here, not in
/// key_node.cc, so that a check of a whole hive reads of each key what it looks at and no more.
[[gnu::always_inline]] inline KeyFields parse_key_fields(const ByteView& cell) {
  KeyFields node;
  node.flags = cell.u16(nk::flags);
  node.last_written = cell.u64(nk::last_written);
  node.access_bits = cell.u32(nk::access_bits);
  node.parent = cell.u32(nk::parent);
  node.subkey_count = cell.u32(nk::subkey_count);
  node.volatile_subkey_count = cell.u32(nk::volatile_subkey_count);
  node.subkey_list = cell.u32(nk::subkey_list);
  node.volatile_subkey_list = cell.u32(nk::volatile_subkey_list);
  node.value_count = cell.u32(nk::value_count);
  node.value_list = cell.u32(nk::value_list);
  node.security = cell.u32(nk::security);
  node.class_name = cell.u32(nk::class_name);
  node.max_subkey_name = cell.u16(nk::max_subkey_name);
  node.user_flags = cell.u8(nk::user_flags);
  node.debug = cell.u8(nk::debug);
  node.max_subkey_class = cell.u32(nk::max_subkey_class);
  node.max_value_name = cell.u32(nk::max_value_name);
  node.max_value_data = cell.u32(nk::max_value_data);
  node.work_var = cell.u32(nk::work_var);
  node.name_length = cell.u16(nk::name_length);
  node.class_length = cell.u16(nk::class_length);
  return node;
}

/// Error(corrupt) if it is no key node or the name does not fit into the cell.
inline KeyView parse_key_view(const ByteView& content) {
  const ByteView cell = content;  // a copy, which no store below can be thought to change
  if (cell.size() < nk::name) key_cut_off(cell);
  require_signature(cell, "nk", "a key node");
  // The compiler knows how long the slice is, and leaves out the check of each field.
  KeyView node{parse_key_fields(cell.slice(0, nk::name)), {}};
  if (node.name_length > cell.size() - nk::name) key_name_beyond_cell(cell, node.name_length);
  node.name = NameView(cell.slice(nk::name, node.name_length), node.has_compressed_name());
  return node;
}

/// As parse_key_view(), with the name decoded.
KeyNode parse_key_node(const ByteView& content);

}  // namespace goldhive::hive
