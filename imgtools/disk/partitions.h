// Partition tables: MBR with extended partitions, GPT, or none (a bare volume).
//
// MBR: four entries at 446 of sector 0, "55 AA" at 510. Addresses are in sectors of the disk, 512
// or 4096 bytes; the table does not say which. An extended partition (type 05, 0F, 85) holds a
// chain of sectors with the same layout. In each, the first entry is a logical partition, counted
// from that sector; the second is the next sector of the chain, counted from the start of the
// extended partition. Logical partitions are numbered from 5.
//
// GPT (UEFI 2.10, 5): a header in sector 1, a copy in the last sector, each with a CRC-32 of itself
// and of the table of entries. Sector 0 is an MBR with an entry of type EE. That entry makes the
// disk a GPT disk: without it, a GPT is a leftover of earlier use.
//
// What is odd about it: the boot sectors of NTFS, FAT and exFAT also end in "55 AA". So a file
// system recognised in sector 0 wins over an MBR. A hybrid MBR (EE beside other entries) is read as
// GPT, which lists the same volumes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

struct Partition {
  /// The number that Windows and Linux give it: 1-4 and from 5 on for MBR, the place in the table
  /// for GPT, 0 for a bare volume.
  std::uint32_t index = 0;
  std::uint64_t offset = 0;  ///< bytes
  std::uint64_t length = 0;  ///< bytes, cut to the size of the disk
  std::string type;          ///< "0x07", a GUID, or "" for a bare volume
  std::string name;          ///< by the GPT; may be empty
  std::string doubt;         ///< why nothing should be written there; "" if there is no doubt
};

enum class PartitionScheme { none, mbr, gpt };

struct PartitionTable {
  PartitionScheme scheme = PartitionScheme::none;
  std::uint32_t sector_size = 512;
  /// By index; empty if the disk holds nothing we know, or by its `scheme` no volumes.
  std::vector<Partition> partitions;
  /// What the table names and the disk has not: partitions beyond its end, and the rest of a chain
  /// of logical ones that breaks off, which has no index. `doubt` says which.
  std::vector<Partition> lost;
  std::vector<std::string> notes;  ///< what is wrong with the table
};

/// `sector_size`: by the container, or 0 to try 512 and 4096. Throws Error(corrupt) for a GPT disk
/// whose two headers are both bad, and the errors of reading.
PartitionTable read_partitions(const ByteSource& disk, std::uint32_t sector_size);

}  // namespace goldhive
