#include "src/hive/cell_writer.h"

#include <algorithm>

namespace goldhive::hive {

CellContent CellWriter::content(CellOffset cell) const {
  return CellContent(buffer_, cell, cells_.capacity(cell));
}

void CellWriter::set_u16(CellOffset cell, std::size_t field, std::uint16_t value) {
  buffer_.write_u16(field_offset(cell, field), value);
}
void CellWriter::set_u32(CellOffset cell, std::size_t field, std::uint32_t value) {
  buffer_.write_u32(field_offset(cell, field), value);
}
void CellWriter::set_u64(CellOffset cell, std::size_t field, std::uint64_t value) {
  buffer_.write_u64(field_offset(cell, field), value);
}
void CellWriter::set_bytes(CellOffset cell, std::size_t field, std::span<const std::uint8_t> data) {
  buffer_.write(field_offset(cell, field), data);
}

CellOffset CellWriter::add(std::span<const std::uint8_t> data, CellOffset near) {
  const CellOffset cell = cells_.allocate(static_cast<std::uint32_t>(data.size()), near);
  // The padding behind the data must not keep bytes of an earlier cell.
  Bytes content(cells_.capacity(cell));
  std::copy(data.begin(), data.end(), content.begin());
  set_bytes(cell, 0, content);
  return cell;
}

CellOffset CellWriter::enlarge(CellOffset cell, std::size_t used, std::size_t needed) {
  if (cells_.capacity(cell) >= needed) return cell;
  const CellContent old = content(cell);
  const ByteView kept = old.view().slice(0, used);
  Bytes larger(kept.span().begin(), kept.span().end());
  larger.resize(needed);
  const CellOffset moved = add(larger, cell);
  free(cell);
  return moved;
}

}  // namespace goldhive::hive
