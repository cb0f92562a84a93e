// Key security ("sk"): one security descriptor, shared by all the keys that have the same one. All
// sk cells of a hive form one ring, linked both ways. Each counts the keys that use it. Source:
// msuhanov/regf, "Key security".
#pragma once

#include <cstdint>

#include "imgtools/bytes/bytes.h"
#include "src/hive/hive.h"

namespace goldhive::hive {

/// Where the fields lie in the cell's content.
namespace sk {
inline constexpr std::size_t forward = 4;
inline constexpr std::size_t backward = 8;
inline constexpr std::size_t reference_count = 12;
inline constexpr std::size_t descriptor_length = 16;
inline constexpr std::size_t descriptor = 20;
}  // namespace sk

struct KeySecurity {
  CellOffset forward = no_cell;
  CellOffset backward = no_cell;
  std::uint32_t reference_count = 0;
  Bytes descriptor;  ///< a self-relative SECURITY_DESCRIPTOR, not checked
};

/// Error(corrupt) if it is no sk record or the descriptor does not fit into the cell.
KeySecurity parse_key_security(const ByteView& content);
/// The same checks, given a record's first sk::descriptor bytes and the size of the whole content.
void require_security_record(const ByteView& head, std::size_t size);

}  // namespace goldhive::hive
