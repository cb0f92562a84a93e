// The on-disk structures of a VHD file, each parsed and checked by itself. vhd.h describes them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/disk/big_endian.h"
#include "imgtools/disk/parent_chain.h"

namespace goldhive {

/// The inverted sum of all bytes, without the four bytes of the checksum itself at `field`.
std::uint32_t vhd_checksum(std::span<const std::uint8_t> data, std::size_t field);

/// A 16-byte id as the file stores it. VHD gives it no byte order: it is only ever compared.
using VhdId = std::array<std::uint8_t, 16>;

enum class VhdType : std::uint32_t { fixed = 2, dynamic = 3, differencing = 4 };

struct VhdFooter {
  static constexpr std::size_t length_on_disk = 512;
  static constexpr std::size_t timestamp_at = 24;
  static constexpr std::size_t checksum_at = 64;

  std::uint64_t header_offset = 0;  ///< of the dynamic header; all ones on a fixed disk
  std::uint32_t timestamp = 0;      ///< seconds since 2000-01-01 00:00 UTC
  std::uint64_t disk_size = 0;      ///< bytes, a multiple of 512
  VhdType type = VhdType::fixed;
  VhdId id{};
  bool saved_state = false;  ///< the machine was saved, not shut down
};

/// True if the cookie of a footer stands at the start of `view`.
bool has_vhd_cookie(const ByteView& view);

/// Throws Error(corrupt), or Error(unsupported) for a version or a type we do not know.
VhdFooter parse_vhd_footer(const ByteView& view);

struct VhdDynamicHeader {
  static constexpr std::size_t length_on_disk = 1024;
  static constexpr std::size_t checksum_at = 36;

  std::uint64_t table_offset = 0;
  std::uint32_t table_entries = 0;
  std::uint32_t block_size = 0;  ///< bytes, a power of two
  VhdId parent_id{};
  std::uint32_t parent_timestamp = 0;
  std::string parent_name;  ///< UTF-8

  /// Where the locators' texts lie in the file.
  struct Locator {
    std::uint32_t code = 0;
    std::uint32_t length = 0;
    std::uint64_t offset = 0;
  };
  std::vector<Locator> locators;
};

VhdDynamicHeader parse_vhd_dynamic_header(const ByteView& view);

/// What the locators and the parent's name in the header say of where the parent is.
ParentPaths vhd_parent_paths(const ByteSource& file, const VhdDynamicHeader& header);

}  // namespace goldhive
