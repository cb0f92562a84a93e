#include "imgtools/codec/lzms_x86.h"

#include <cstddef>

namespace goldhive {

namespace {

/// How near two uses of one target must be to be a sign of machine code.
constexpr std::int32_t target_window = 65535;
/// How far behind such a sign instructions are changed; calls half as far.
constexpr std::int32_t change_window = 1023;
constexpr std::size_t tail_size = 16;
constexpr std::size_t target_size = 4;

constexpr std::array<bool, 256> make_first_bytes() {
  std::array<bool, 256> first{};
  for (const int byte : {0x48, 0x4c, 0xe8, 0xe9, 0xf0, 0xff})
    first[static_cast<unsigned>(byte)] = true;
  return first;
}
constexpr std::array<bool, 256> first_bytes = make_first_bytes();

/// How many bytes of an instruction stand before its target; 0 if it is none that is changed.
std::size_t opcode_size(const std::uint8_t* at) {
  switch (at[0]) {
    case 0x48:
      if (at[1] == 0x8b) return at[2] == 0x05 || at[2] == 0x0d ? 3 : 0;
      return at[1] == 0x8d && (at[2] & 7) == 5 ? 3 : 0;
    case 0x4c:
      return at[1] == 0x8d && (at[2] & 7) == 5 ? 3 : 0;
    case 0xe8:
      return 1;
    case 0xf0:
      return at[1] == 0x83 && at[2] == 0x05 ? 3 : 0;
    case 0xff:
      return at[1] == 0x15 ? 2 : 0;
    default:
      return 0;
  }
}

}  // namespace

LzmsX86::LzmsX86() : last_uses_(std::make_unique<LastUses>()) {}

void LzmsX86::undo(std::span<std::uint8_t> content) {
  if (content.size() <= tail_size + 1) return;
  last_uses_->fill(-target_window - 1);
  std::int32_t last_sign = -change_window - 1;
  std::uint8_t* const begin = content.data();
  std::uint8_t* const end = begin + (content.size() - tail_size);
  std::uint8_t* next = begin + 1;
  while (true) {
    while (next < end && !first_bytes[*next]) ++next;
    if (next >= end) return;
    const std::size_t size = opcode_size(next);
    if (size == 0) {
      next += *next == 0xe9 ? 1 + target_size : 1;
      continue;
    }
    const auto start = static_cast<std::int32_t>(next - begin);
    const std::int32_t window = *next == 0xe8 ? change_window / 2 : change_window;
    next += size;
    std::uint32_t distance = 0;
    for (unsigned i = 0; i < target_size; ++i) distance |= std::uint32_t{next[i]} << (8 * i);
    if (start - last_sign <= window) {
      distance -= static_cast<std::uint32_t>(start);
      for (unsigned i = 0; i < target_size; ++i)
        next[i] = static_cast<std::uint8_t>(distance >> (8 * i));
    }
    const std::uint32_t target = (static_cast<std::uint32_t>(start) + distance) & 0xffff;
    next += target_size;
    const auto last_byte = static_cast<std::int32_t>(next - begin) - 1;
    std::int32_t& last_use = (*last_uses_)[target];
    if (last_byte - last_use <= target_window) last_sign = last_byte;
    last_use = last_byte;
  }
}

}  // namespace goldhive
