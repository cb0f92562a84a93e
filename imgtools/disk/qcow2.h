// qcow2, the format of qemu's own virtual disks, as far as it must be known before qemu reads one.
//
// The disk is cut into clusters (64 KiB, as a rule). A table of the first level holds the places of
// tables of the second, one cluster each, and these the places of the clusters: of data, of
// compressed data, or none, where the disk reads as zeros or as the parent does. Snapshots have
// tables of their own, which are not looked at.
//
// What is odd about it: numbers are big-endian. A compressed cluster ends somewhere in its last
// sector, which must be there all the same: raw deflate has no check sum, and zeros after its end
// could pass for data. A cluster of subclusters, or the last one of the disk, may lie in the file
// in part. Tables that two entries share would be nothing to qemu; here they would let a small file
// name any number of them, and no intact file has them.
//
// Source: qemu, docs/interop/qcow2.txt.
#pragma once

#include <string>

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

struct Qcow2Header {
  std::uint32_t version = 0;
  std::string parent;         ///< "" if it has none
  std::string parent_format;  ///< in qemu's words; "" if the header does not say
  std::uint32_t cluster_bits = 0;
  std::uint64_t disk_size = 0;
  std::uint64_t table_offset = 0;   ///< of the first level
  std::uint32_t table_entries = 0;  ///< may be more than the disk needs
  bool subclusters = false;
  bool marked_corrupt = false;  ///< by qemu, which found two owners of one cluster
};

/// Throws Error: corrupt, unsupported (another version, an external data file, encryption).
Qcow2Header read_qcow2_header(const ByteSource& file);

/// Error(corrupt) if a table or a cluster of the disk does not lie in the file.
void check_qcow2_map(const ByteSource& file);

}  // namespace goldhive
