#include "imgtools/codec/lzx_calls.h"

#include <cstring>

namespace goldhive {

namespace {

constexpr int call_opcode = 0xe8;
constexpr std::size_t call_size = 5;
/// No call starts among the last bytes of a chunk.
constexpr std::size_t untouched_tail = 10;
/// What the format calls the size of the file. WIM has no such field.
constexpr std::int32_t assumed_file_size = 12'000'000;

/// `at`: the place of the call, less than assumed_file_size.
std::int32_t distance_of(std::int32_t target, std::int32_t at) {
  if (target >= 0) return target < assumed_file_size ? target - at : target;
  return target >= -at ? target + assumed_file_size : target;
}

}  // namespace

void undo_lzx_calls(std::span<std::uint8_t> content) {
  if (content.size() <= untouched_tail) return;
  std::uint8_t* const begin = content.data();
  std::uint8_t* const end = begin + (content.size() - untouched_tail);
  std::uint8_t* next = begin;
  while (next < end) {
    next = static_cast<std::uint8_t*>(
        std::memchr(next, call_opcode, static_cast<std::size_t>(end - next)));
    if (next == nullptr) return;
    std::uint32_t target = 0;
    for (unsigned i = 0; i < 4; ++i) target |= std::uint32_t{next[1 + i]} << (8 * i);
    const auto distance = static_cast<std::uint32_t>(
        distance_of(static_cast<std::int32_t>(target), static_cast<std::int32_t>(next - begin)));
    for (unsigned i = 0; i < 4; ++i) next[1 + i] = static_cast<std::uint8_t>(distance >> (8 * i));
    next += call_size;
  }
}

}  // namespace goldhive
