#include "imgtools/disk/crc.h"

#include <array>

namespace goldhive {

namespace {

/// For eight bytes in one step: table[k][b] is the CRC of byte b followed by k zeros.
using Table = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Table make_table(std::uint32_t reflected_polynomial) {
  Table table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? reflected_polynomial : 0);
    }
    table[0][i] = crc;
  }
  for (std::size_t i = 0; i < 256; ++i) {
    for (std::size_t k = 1; k < 8; ++k) {
      table[k][i] = (table[k - 1][i] >> 8) ^ table[0][table[k - 1][i] & 0xff];
    }
  }
  return table;
}

constexpr Table crc32_table = make_table(0xEDB88320);
constexpr Table crc32c_table = make_table(0x82F63B78);

std::uint32_t run(const Table& table, std::span<const std::uint8_t> data, std::uint32_t crc) {
  crc = ~crc;
  std::size_t i = 0;
  for (; data.size() - i >= 8; i += 8) {
    const auto byte = [&](std::size_t k) { return std::uint32_t{data[i + k]}; };
    const std::uint32_t low = crc ^ (byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24);
    crc = table[7][low & 0xff] ^ table[6][low >> 8 & 0xff] ^ table[5][low >> 16 & 0xff] ^
          table[4][low >> 24] ^ table[3][byte(4)] ^ table[2][byte(5)] ^ table[1][byte(6)] ^
          table[0][byte(7)];
  }
  for (; i < data.size(); ++i) crc = (crc >> 8) ^ table[0][(crc ^ data[i]) & 0xff];
  return ~crc;
}

std::uint32_t run_without_field(const Table& table, std::span<const std::uint8_t> data,
                                std::size_t field) {
  constexpr std::array<std::uint8_t, 4> zeros{};
  std::uint32_t crc = run(table, data.first(field), 0);
  crc = run(table, zeros, crc);
  return run(table, data.subspan(field + zeros.size()), crc);
}

}  // namespace

std::uint32_t crc32(std::span<const std::uint8_t> data, std::uint32_t crc) {
  return run(crc32_table, data, crc);
}

std::uint32_t crc32c(std::span<const std::uint8_t> data, std::uint32_t crc) {
  return run(crc32c_table, data, crc);
}

std::uint32_t crc32_without_field(std::span<const std::uint8_t> data, std::size_t field) {
  return run_without_field(crc32_table, data, field);
}

std::uint32_t crc32c_without_field(std::span<const std::uint8_t> data, std::size_t field) {
  return run_without_field(crc32c_table, data, field);
}

}  // namespace goldhive
