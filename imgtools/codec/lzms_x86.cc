#include "imgtools/codec/lzms_x86.h"

#include <algorithm>
#include <cstddef>

namespace goldhive {

namespace {

/// How near two uses of one target must be to be a sign of machine code.
constexpr std::int32_t target_window = 65535;
/// How far behind such a sign instructions are changed; calls half as far.
constexpr std::int32_t change_window = 1023;
constexpr std::size_t tail_size = 16;
constexpr std::size_t target_size = 4;

/// The instructions, as bits.
enum Instruction : std::uint32_t {
  mov = 1,
  lea = 2,
  other_lea = 4,
  call = 8,
  call_through = 16,
  lock_add = 32,
  jump = 64,
};
constexpr std::uint32_t any_second = call | jump;
constexpr std::uint32_t any_third = call | jump | call_through;

/// Of which instructions a byte may be the first, the second and the third one, each 8 bits.
constexpr std::array<std::uint32_t, 256> make_byte_roles() {
  std::array<std::uint32_t, 256> roles{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    const std::uint32_t third = any_third | ((byte & 7) == 5 ? lea | other_lea : 0);
    roles[byte] = any_second << 8 | third << 16;
  }
  roles[0x48] |= mov | lea;
  roles[0x4c] |= other_lea;
  roles[0xe8] |= call;
  roles[0xe9] |= jump;
  roles[0xf0] |= lock_add;
  roles[0xff] |= call_through;
  roles[0x8b] |= mov << 8;
  roles[0x8d] |= (lea | other_lea) << 8;
  roles[0x83] |= lock_add << 8;
  roles[0x15] |= call_through << 8;
  roles[0x05] |= (mov | lock_add) << 16;
  roles[0x0d] |= mov << 16;
  return roles;
}
constexpr std::array<std::uint32_t, 256> byte_roles = make_byte_roles();

std::size_t opcode_size(std::uint32_t instruction) {
  if ((instruction & (call | jump)) != 0) return 1;
  return instruction == call_through ? 2 : 3;
}

std::uint32_t load_target(const std::uint8_t* at) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < target_size; ++i) value |= std::uint32_t{at[i]} << (8 * i);
  return value;
}

void store_target(std::uint8_t* at, std::uint32_t value) {
  for (unsigned i = 0; i < target_size; ++i) at[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

/// Whether one of the next `stride` bytes may begin an instruction. Without a branch, so that
/// compilers look at many bytes at a time.
constexpr std::ptrdiff_t stride = 32;
bool may_begin(const std::uint8_t* at) {
  std::uint8_t found = 0;
  for (std::ptrdiff_t i = 0; i < stride; ++i) {
    const std::uint8_t byte = at[i];
    const bool moves = (byte & 0xfb) == 0x48;
    const bool calls = (byte & 0xfe) == 0xe8;
    found |= static_cast<std::uint8_t>(moves | calls | (byte == 0xf0) | (byte == 0xff));
  }
  return found != 0;
}

/// Moves to the next instruction before `end`, and tells which it is; 0 if there is none. Reads two
/// bytes behind `end`.
std::uint32_t find_instruction(const std::uint8_t*& next, const std::uint8_t* end) {
  while (next < end) {
    if (end - next >= stride && !may_begin(next)) {
      next += stride;
      continue;
    }
    std::uint32_t first = byte_roles[next[0]];
    std::uint32_t second = byte_roles[next[1]];
    const std::uint8_t* const here_end = next + std::min(end - next, stride);
    for (; next < here_end; ++next) {
      const std::uint32_t third = byte_roles[next[2]];
      const std::uint32_t found = first & (second >> 8) & (third >> 16);
      if (found != 0) return found;
      first = second;
      second = third;
    }
  }
  return 0;
}

}  // namespace

LzmsX86::LzmsX86() : last_uses_(std::make_unique<LastUses>()) {}

void LzmsX86::undo(std::span<std::uint8_t> content) {
  if (content.size() <= tail_size + 1) return;
  last_uses_->fill(-target_window - 1);
  std::int32_t last_sign = -change_window - 1;
  std::uint8_t* const begin = content.data();
  const std::uint8_t* const end = begin + (content.size() - tail_size);
  const std::uint8_t* next = begin + 1;
  while (const std::uint32_t instruction = find_instruction(next, end)) {
    const auto start = static_cast<std::int32_t>(next - begin);
    std::uint8_t* const target_at = begin + start + opcode_size(instruction);
    next = target_at + target_size;
    if (instruction == jump) continue;
    const std::int32_t window = instruction == call ? change_window / 2 : change_window;
    std::uint32_t distance = load_target(target_at);
    if (start - last_sign <= window) {
      distance -= static_cast<std::uint32_t>(start);
      store_target(target_at, distance);
    }
    const std::uint32_t target = (static_cast<std::uint32_t>(start) + distance) & 0xffff;
    const auto last_byte = static_cast<std::int32_t>(next - begin) - 1;
    std::int32_t& last_use = (*last_uses_)[target];
    if (last_byte - last_use <= target_window) last_sign = last_byte;
    last_use = last_byte;
  }
}

}  // namespace goldhive
