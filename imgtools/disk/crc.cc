#include "imgtools/disk/crc.h"

#include <array>

namespace goldhive {

namespace {

using Table = std::array<std::uint32_t, 256>;

constexpr Table make_table(std::uint32_t reflected_polynomial) {
  Table table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? reflected_polynomial : 0);
    }
    table[i] = crc;
  }
  return table;
}

constexpr Table crc32_table = make_table(0xEDB88320);
constexpr Table crc32c_table = make_table(0x82F63B78);

std::uint32_t run(const Table& table, std::span<const std::uint8_t> data, std::uint32_t crc) {
  crc = ~crc;
  for (const std::uint8_t byte : data) crc = (crc >> 8) ^ table[(crc ^ byte) & 0xff];
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
