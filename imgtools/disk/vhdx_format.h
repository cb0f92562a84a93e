// The on-disk structures of a VHDX file except its log (vhdx_log.h), each parsed and checked by
// itself. vhdx.h describes them. Section numbers are those of [MS-VHDX].
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/guid.h"
#include "imgtools/disk/parent_chain.h"

namespace goldhive {

inline constexpr std::uint64_t vhdx_megabyte = 1U << 20;

/// 2.2.2. Offsets and lengths are checked to be inside the file.
struct VhdxHeader {
  static constexpr std::size_t length_on_disk = 4096;
  static constexpr std::uint64_t offsets[2] = {64 << 10, 128 << 10};

  std::uint64_t sequence = 0;
  Guid file_write_guid;
  Guid data_write_guid;
  Guid log_guid;
  std::uint64_t log_offset = 0;
  std::uint32_t log_length = 0;
  int slot = 0;  ///< which of the two headers it was: the next write goes to the other one
};

/// The current one of the two headers. Throws Error(corrupt) if neither is valid.
VhdxHeader read_vhdx_header(const ByteSource& file);

/// 2.2.3: where the two regions are that every file has.
struct VhdxRegions {
  struct Region {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
  };
  Region table;  ///< the BAT
  Region metadata;
};

VhdxRegions read_vhdx_regions(const ByteSource& file);

/// 2.6: the known metadata items.
struct VhdxMetadata {
  std::uint32_t block_size = 0;  ///< bytes, a power of two
  bool has_parent = false;
  std::uint64_t disk_size = 0;     ///< bytes
  std::uint32_t sector_size = 0;   ///< 512 or 4096
  std::vector<Guid> parent_guids;  ///< the parent must have one of them as its DataWriteGuid
  ParentPaths parent_paths;

  std::uint64_t blocks() const { return (disk_size + block_size - 1) / block_size; }
  /// Payload blocks per sector bitmap block.
  std::uint64_t chunk_ratio() const { return (std::uint64_t{sector_size} << 23) / block_size; }
  std::uint64_t chunks() const { return (blocks() + chunk_ratio() - 1) / chunk_ratio(); }
  std::uint64_t table_entries() const {
    return has_parent ? chunks() * (chunk_ratio() + 1) : blocks() + (blocks() - 1) / chunk_ratio();
  }
};

VhdxMetadata read_vhdx_metadata(const ByteSource& file, const VhdxRegions::Region& region);

/// 2.5.1: an entry of the BAT.
struct VhdxTableEntry {
  static constexpr unsigned not_present = 0;
  static constexpr unsigned undefined = 1;
  static constexpr unsigned zero = 2;
  static constexpr unsigned unmapped = 3;
  static constexpr unsigned fully_present = 6;  ///< also: the sector bitmap block is present
  static constexpr unsigned partially_present = 7;

  explicit VhdxTableEntry(std::uint64_t raw = 0)
      : state(static_cast<unsigned>(raw & 7)), offset((raw >> 20) * vhdx_megabyte) {}

  bool stored() const { return state == fully_present || state == partially_present; }

  unsigned state;
  std::uint64_t offset;  ///< bytes; meaningless unless stored()
};

}  // namespace goldhive
