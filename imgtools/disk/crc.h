// The two CRCs of disk formats: CRC-32 (GPT) and CRC-32C, the Castagnoli polynomial (VHDX).
#pragma once

#include <cstdint>
#include <span>

namespace goldhive {

/// CRC-32 as in UEFI 2.10, 5.3 (the one of zip and Ethernet). Pass the result of an earlier call as
/// `crc` to go on with more data.
std::uint32_t crc32(std::span<const std::uint8_t> data, std::uint32_t crc = 0);

/// CRC-32C as in MS-VHDX. Pass the result of an earlier call as `crc` to go on with more data.
std::uint32_t crc32c(std::span<const std::uint8_t> data, std::uint32_t crc = 0);

/// CRC of a structure that stores its own checksum: the four bytes at `field` count as zero.
std::uint32_t crc32_without_field(std::span<const std::uint8_t> data, std::size_t field);
std::uint32_t crc32c_without_field(std::span<const std::uint8_t> data, std::size_t field);

}  // namespace goldhive
