// A key node ("nk"): one key, with links to its parent, its lists, its security and its class.
//
// What is odd about it:
//  - Counts and lists come in pairs, stable and volatile; the volatile half means nothing on disk.
//  - `max_subkey_name` is 16 bits since 1.5; the other 16 of that dword hold flags.
//  - The max fields are lengths as UTF-16, whatever the stored form, and are never lowered.
//  - The root's parent is not a cell of this hive.
//  - With KEY_PREDEF_HANDLE the value count is a handle, and there are no values.
// Source: msuhanov/regf, "Key node".
#pragma once

#include <cstdint>
#include <string>

#include "imgtools/bytes.h"
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

struct KeyNode {
  std::uint16_t flags = 0;
  FileTime last_written = 0;
  std::uint32_t access_bits = 0;  ///< 8 and later; "spare" before
  CellOffset parent = no_cell;
  std::uint32_t subkey_count = 0;
  std::uint32_t volatile_subkey_count = 0;
  CellOffset subkey_list = no_cell;
  CellOffset volatile_subkey_list = no_cell;
  std::uint32_t value_count = 0;  ///< as stored; see stored_values()
  CellOffset value_list = no_cell;
  CellOffset security = no_cell;
  CellOffset class_name = no_cell;
  std::uint16_t max_subkey_name = 0;  ///< bytes as UTF-16
  std::uint8_t user_flags = 0;        ///< user and virtualization flags
  std::uint8_t debug = 0;
  std::uint32_t max_subkey_class = 0;  ///< bytes
  std::uint32_t max_value_name = 0;    ///< bytes as UTF-16
  std::uint32_t max_value_data = 0;    ///< bytes
  std::uint32_t work_var = 0;
  std::uint16_t name_length = 0;   ///< bytes as stored
  std::uint16_t class_length = 0;  ///< bytes
  std::u16string name;

  bool has_compressed_name() const { return (flags & key_comp_name) != 0; }
  bool is_link() const { return (flags & key_sym_link) != 0; }
  /// The number of values the value list must hold.
  std::uint32_t stored_values() const { return (flags & key_predef_handle) != 0 ? 0 : value_count; }
};

/// Error(corrupt) if it is no key node or the name does not fit into the cell.
KeyNode parse_key_node(const ByteView& content);

}  // namespace goldhive::hive
