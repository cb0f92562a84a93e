// The base block: the first 4096 bytes of a hive, the first 512 of a transaction log.
//
// Layout (msuhanov/regf, "Base block"), little-endian, offsets in bytes:
//     0 "regf"            4 primary sequence      8 secondary sequence   12 last written (FILETIME)
//    20 major version    24 minor version        28 file type           32 file format
//    36 root cell        40 size of the bins     44 clustering factor   48 file name, 64 bytes
//   144 flags           508 checksum           4088 boot type         4092 boot recover
//
// What is odd about it:
// - The kernel raises the primary sequence before it writes the bins, and the secondary one after.
//   If the two differ, a write was cut short and the logs are needed.
// - The checksum is the XOR of the first 127 dwords, but never 0 and never ~0: those become 1 and
//   0xfffffffe. It says nothing about the bins.
// - If the checksum is wrong, the size of the bins cannot be believed either. Windows takes the
//   bins that are there; so read_base_block() walks their headers.
// - The file may be longer than the bins (slack that grows in steps), never shorter.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "imgtools/bytes/byte_source.h"
#include "src/hive/hive.h"

namespace goldhive::hive {

/// Where the bins start in a hive, and the unit their sizes are counted in.
inline constexpr std::uint32_t base_block_size = 4096;
/// The part that the checksum covers; a log repeats it.
inline constexpr std::uint32_t base_block_head = 512;
/// The largest size of the bins: cell offsets have 31 bits (the 32nd marks volatile cells).
inline constexpr std::uint32_t max_bins_size = 0x7ffff000;

enum class HiveFileType : std::uint32_t {
  primary = 0,
  log_old = 1,      ///< DIRT
  log_variant = 2,  ///< DIRT too
  log_new = 6,      ///< HvLE
};

/// The largest file that is taken for a hive. A hive that Windows wrote ends with its bins.
inline constexpr std::uint64_t largest_hive_file = std::uint64_t{4} << 30;
/// Error(unsupported) if the source is larger.
void refuse_large_hive(const ByteSource& source);

struct BaseBlock {
  std::uint32_t sequence1 = 0;  ///< primary: raised before a write
  std::uint32_t sequence2 = 0;  ///< secondary: raised after it
  FileTime last_written = 0;
  std::uint32_t major_version = 0;
  std::uint32_t minor_version = 0;
  HiveFileType file_type = HiveFileType::primary;
  std::uint32_t format = 0;
  CellOffset root_cell = no_cell;
  /// As stated; a multiple of 4096 in a sound base block.
  std::uint32_t stated_bins_size = 0;
  /// The size that a reader may use: the stated size, or, if the checksum is wrong, the size of the
  /// bins that were found by walking; never more than the file holds. parse_base_block() puts the
  /// stated size here.
  std::uint32_t bins_size = 0;
  std::uint32_t cluster_factor = 0;
  std::u16string file_name;  ///< the last 31 characters of the path at load, at most
  std::uint32_t flags = 0;   ///< bit 0: a transaction (KTM) is pending; bit 1: defragmented
  std::uint32_t checksum = 0;
  std::uint32_t computed_checksum = 0;
  std::uint32_t boot_type = 0;     ///< 0 where only the first 512 bytes are there
  std::uint32_t boot_recover = 0;  ///< 0 where only the first 512 bytes are there

  bool checksum_ok() const { return checksum == computed_checksum; }
  bool is_dirty() const { return !checksum_ok() || sequence1 != sequence2; }
  bool is_log() const {
    return file_type == HiveFileType::log_old || file_type == HiveFileType::log_variant ||
           file_type == HiveFileType::log_new;
  }
};

/// The checksum of a base block, which covers its first 508 bytes. Throws std::out_of_range if
/// there are fewer.
std::uint32_t base_block_checksum(std::span<const std::uint8_t> block);

/// Parses 512 bytes or more of a hive's or a log's base block. Error(corrupt) if there are fewer or
/// the signature is missing; nothing else is checked.
BaseBlock parse_base_block(const ByteView& bytes);

/// Parses and checks the base block of a hive, and settles `bins_size`. Throws Error: corrupt (no
/// signature, a transaction log, no bins, an impossible bins size or root cell), unsupported (a
/// version other than 1.3 to 1.6, another format).
BaseBlock read_base_block(const ByteSource& source);

/// The size of the sound bins (signature, own offset, size) that follow each other from offset
/// 4096: nothing else can be believed if the checksum is wrong.
std::uint32_t walk_bins(const ByteSource& source);

}  // namespace goldhive::hive
