#include "imgtools/ntfs/boot_record.h"

#include <fmt/format.h>

#include <bit>

#include "imgtools/ntfs/corrupt.h"

namespace goldhive::ntfs {

namespace {

constexpr std::uint32_t smallest_sector = 256;
constexpr std::uint32_t largest_sector = 4096;
constexpr std::uint32_t largest_cluster = 2U << 20;
constexpr std::uint32_t smallest_record = 512;
constexpr std::uint32_t largest_record = 64U << 10;

std::uint32_t power_of_two(const ByteView& sector, std::size_t at, std::uint64_t value,
                           std::uint32_t least, std::uint32_t most, const char* what) {
  if (std::has_single_bit(value) && value >= least && value <= most) {
    return static_cast<std::uint32_t>(value);
  }
  throw corrupt(sector, at, fmt::format("bad size of {}", what),
                fmt::format("a power of two from {} to {}", least, most), fmt::to_string(value));
}

/// 2^exponent, or 0, which is no size, if that is beyond all that can be meant.
std::uint64_t two_to(unsigned exponent) { return exponent < 32 ? std::uint64_t{1} << exponent : 0; }

std::uint64_t sectors_of_a_cluster(std::uint8_t stored) {
  constexpr std::uint8_t most_as_number = 128;
  return stored <= most_as_number ? stored : two_to(256U - stored);
}

std::uint64_t bytes_of_a_record(std::uint8_t stored, std::uint32_t cluster_size) {
  constexpr std::uint8_t negative = 0x80;
  if (stored < negative) return std::uint64_t{stored} * cluster_size;
  return two_to(256U - stored);
}

}  // namespace

BootRecord parse_boot_record(const ByteView& sector) {
  if (!sector.from(3).starts_with("NTFS    ")) {
    throw corrupt(sector, 3, "no boot record of an NTFS volume", "\"NTFS    \"");
  }
  BootRecord boot;
  boot.sector_size = power_of_two(sector, 11, sector.u16(11), smallest_sector, largest_sector,
                                  "a sector of the volume");
  const std::uint64_t cluster = sectors_of_a_cluster(sector.u8(13)) * boot.sector_size;
  boot.cluster_size =
      power_of_two(sector, 13, cluster, boot.sector_size, largest_cluster, "a cluster");
  boot.record_size = power_of_two(sector, 64, bytes_of_a_record(sector.u8(64), boot.cluster_size),
                                  smallest_record, largest_record, "an MFT record");
  const std::uint64_t sectors = sector.u64(40);
  const std::uint64_t most = (std::uint64_t{1} << 63) / boot.sector_size - 1;
  if (sectors > most) {
    throw corrupt(sector, 40, "bad number of sectors", fmt::format("at most {}", most),
                  fmt::to_string(sectors));
  }
  boot.clusters = sectors / (boot.cluster_size / boot.sector_size);
  boot.mft_cluster = sector.u64(48);
  if (boot.mft_cluster >= boot.clusters) {
    throw corrupt(sector, 48, "$MFT begins beyond the volume",
                  fmt::format("a cluster below {}", boot.clusters),
                  fmt::to_string(boot.mft_cluster));
  }
  return boot;
}

}  // namespace goldhive::ntfs
