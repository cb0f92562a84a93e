// Fields of cells in a hive being edited, by cell and field offset (the nk, vk and sk namespaces).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "src/hive/cell.h"
#include "src/hive/cell_allocator.h"
#include "src/hive/edit_buffer.h"
#include "src/hive/hive.h"
#include "src/hive/key_node.h"

namespace goldhive::hive {

/// The content of one cell, owned, with the view that the parse functions take.
class CellContent {
 public:
  CellContent(const EditBuffer& buffer, CellOffset cell, std::uint32_t size)
      : bytes_(buffer.read(file_offset(cell) + cell_header_size, std::size_t{size})),
        view_(bytes_, file_offset(cell) + cell_header_size, buffer.name()) {}
  CellContent(const CellContent&) = delete;
  CellContent& operator=(const CellContent&) = delete;
  const ByteView& view() const { return view_; }

 private:
  Bytes bytes_;
  ByteView view_;
};

class CellWriter {
 public:
  CellWriter(EditBuffer& buffer, CellAllocator& cells) : buffer_(buffer), cells_(cells) {}

  /// Error(corrupt) unless the cell is in use.
  CellContent content(CellOffset cell) const;
  KeyNode key(CellOffset cell) const { return parse_key_node(content(cell).view()); }

  void set_u16(CellOffset cell, std::size_t field, std::uint16_t value);
  void set_u32(CellOffset cell, std::size_t field, std::uint32_t value);
  void set_u64(CellOffset cell, std::size_t field, std::uint64_t value);
  void set_bytes(CellOffset cell, std::size_t field, std::span<const std::uint8_t> data);

  /// A new cell that holds `data`, the rest of its content zero.
  CellOffset add(std::span<const std::uint8_t> data, CellOffset near);
  /// The same cell if it can hold `needed` bytes. Else a larger cell with a copy of its first
  /// `used` bytes; the old cell is then free.
  CellOffset enlarge(CellOffset cell, std::size_t used, std::size_t needed);
  void free(CellOffset cell) { cells_.free(cell); }

  const std::string& where() const { return buffer_.name(); }

 private:
  static std::uint64_t field_offset(CellOffset cell, std::size_t field) {
    return file_offset(cell) + cell_header_size + field;
  }

  EditBuffer& buffer_;
  CellAllocator& cells_;
};

}  // namespace goldhive::hive
