// The x86 instructions of LZMS: before packing, an encoder replaces the distance of an instruction
// to its target by the target itself, which repeats wherever the same target is used.
//
// It does so where it thinks the bytes are machine code: within some bytes of an instruction whose
// target (its low 16 bits) another one had not long before. A decoder must come to the same
// conclusions, so the instructions, the distances and the order of things are part of the format:
//
//   48 8b 05, 48 8b 0d    mov from a place     48 8d x5, 48 8d xd, 4c 8d likewise    lea
//   e8                    call                 ff 15                                 call through a
//   place f0 83 05              lock add             e9                                    jump:
//   never changed
//
// What is odd about it: a call must be twice as near as the others, the first byte and the last 16
// are never looked at, and what an instruction counts from is where it starts, not where it ends.
//
// Source: as for lzms.h.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

namespace goldhive {

/// Keeps the memory that the work needs.
class LzmsX86 {
 public:
  LzmsX86();
  /// Puts distances back.
  void undo(std::span<std::uint8_t> content);

 private:
  /// Where an instruction with a target ended last, by the low 16 bits of the target.
  using LastUses = std::array<std::int32_t, 65536>;
  std::unique_ptr<LastUses> last_uses_;
};

}  // namespace goldhive
