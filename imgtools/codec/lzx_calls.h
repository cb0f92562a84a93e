// The x86 call instructions of LZX: before packing, an encoder replaces the distance to a call's
// target by the target itself, which repeats wherever the same function is called.
#pragma once

#include <cstdint>
#include <span>

namespace goldhive {

/// Puts distances back.
void undo_lzx_calls(std::span<std::uint8_t> content);

}  // namespace goldhive
