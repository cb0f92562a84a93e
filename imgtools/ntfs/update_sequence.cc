#include "imgtools/ntfs/update_sequence.h"

#include <fmt/format.h>

#include "imgtools/bytes/bytes.h"
#include "imgtools/ntfs/corrupt.h"

namespace goldhive::ntfs {

void undo_update_sequence(std::span<std::uint8_t> block, std::uint64_t origin,
                          std::string_view name) {
  const ByteView view(block, origin, name);
  const std::size_t at = view.u16(4);
  const std::size_t count = view.u16(6);
  const std::size_t needed = block.size() / update_stride + 1;
  if (count != needed || at % 2 != 0 || at + 2 * count > block.size()) {
    throw corrupt(view, 4, "broken update sequence",
                  fmt::format("{} numbers inside of the block", needed),
                  fmt::format("{} numbers at {}", count, at));
  }
  const std::uint16_t number = view.u16(at);
  for (std::size_t i = 1; i < count; ++i) {
    const std::size_t end = i * update_stride - 2;
    if (view.u16(end) != number) {
      throw corrupt(view, end, "torn block: its update sequence does not end each of its pieces",
                    fmt::format("{:#x}", number), fmt::format("{:#x}", view.u16(end)));
    }
    put_u16(block, end, view.u16(at + 2 * i));
  }
}

}  // namespace goldhive::ntfs
