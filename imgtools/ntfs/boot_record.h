// The boot record of an NTFS volume: its first sector, which says how the volume is divided and
// where the Master File Table begins.
//
//   at  3   "NTFS    "
//   at 11   bytes of a sector, u16
//   at 13   sectors of a cluster, u8
//   at 40   sectors of the volume, u64
//   at 48   the cluster where $MFT begins, u64
//   at 56   the cluster where its mirror begins, u64
//   at 64   size of a record of $MFT, s8
//
// What is odd about it:
// - The sizes are bytes with two meanings. Up to 128 sectors, a cluster is given as that number; a
//   larger one as 256 minus the power of two (Windows 10 1709 and later, up to 2 MB). A record is a
//   number of clusters, or, if the byte is negative, the power of two of its bytes.
// - A sector of the volume need not be one of the disk, and what the volume protects against torn
//   writes are pieces of 512 bytes, whatever either of them is (update_sequence.h).
// - The sector count leaves out the last sector of the partition, where a copy of this one lies.
//
// Sources: Richard Russon and Yuval Fledel, "NTFS Documentation", "$Boot"; Microsoft, "Cluster size
// recommendations for ReFS and NTFS", for clusters of 2 MB.
#pragma once

#include <cstdint>

#include "imgtools/bytes/bytes.h"

namespace goldhive::ntfs {

struct BootRecord {
  static constexpr std::size_t length_on_disk = 512;

  std::uint32_t sector_size = 0;
  std::uint32_t cluster_size = 0;
  std::uint32_t record_size = 0;  ///< of $MFT
  std::uint64_t clusters = 0;     ///< of the volume; all of them together have less than 2^63 bytes
  std::uint64_t mft_cluster = 0;
};

/// Throws Error(corrupt).
BootRecord parse_boot_record(const ByteView& sector);

}  // namespace goldhive::ntfs
