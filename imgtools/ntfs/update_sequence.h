// The update sequence of a block of metadata (an MFT record, a node of an index, a page of
// $LogFile), by which a write that was cut off shows.
//
//   at 4   where the sequence lies in the block, u16
//   at 6   how many numbers it has, u16: one, and one more for each 512 bytes
//
// When the block is written, the last two bytes of each 512 are moved into the sequence and the
// first number, which is another one each time, is put in their place. A reader finds that number
// at the end of each piece, or the block is torn, and puts the bytes back.
//
// What is odd about it: the pieces have 512 bytes on disks of 4096-byte sectors as well.
//
// Source: Richard Russon and Yuval Fledel, "NTFS Documentation", "Fixup".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace goldhive::ntfs {

/// The bytes that each number protects.
inline constexpr std::size_t update_stride = 512;

/// Puts back what the sequence of `block` replaced. `origin` and `name` say where the block was
/// read. Throws Error(corrupt): the sequence lies elsewhere than it can, or the block is torn.
void undo_update_sequence(std::span<std::uint8_t> block, std::uint64_t origin,
                          std::string_view name);

}  // namespace goldhive::ntfs
