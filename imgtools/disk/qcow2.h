// qcow2, the format of qemu's own virtual disks, as far as it must be known before qemu reads one.
//
// The disk is cut into clusters (64 KiB, as a rule). The L1 table holds the places of the L2
// tables, one cluster each. These hold the places of the disk's clusters: of data, of compressed
// data, or none; without one, the disk reads as zeros or as its parent does. Snapshots have tables
// of their own, which are not looked at.
//
// What is odd about it:
// - Numbers are big-endian.
// - A compressed cluster ends somewhere in its last sector. All of that sector must be in the file:
//   raw deflate has no checksum, and zeros after the end of the file could pass for data.
// - A cluster of subclusters, or the last cluster of the disk, may lie in the file in part.
// - qemu accepts a table that two entries share. Here it is an error: no intact file has one, and a
//   small file could make us read any number of tables.
//
// Source: qemu, docs/interop/qcow2.txt.
#pragma once

#include <string>
#include <vector>

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

struct Qcow2Header {
  std::uint32_t version = 0;
  std::string parent;         ///< "" if it has none
  std::string parent_format;  ///< as qemu calls it; "" if the header does not say
  std::uint32_t cluster_bits = 0;
  std::uint64_t disk_size = 0;
  std::uint64_t table_offset = 0;   ///< where the L1 table is
  std::uint32_t table_entries = 0;  ///< may be more than the disk needs
  bool subclusters = false;
  bool marked_corrupt = false;  ///< by qemu, which found that two owners use one cluster
};

/// Throws Error: corrupt, unsupported (another version, an external data file, encryption).
Qcow2Header read_qcow2_header(const ByteSource& file);

/// The files that a qcow2 of any version and kind names, readable here or not: for whoever is going
/// to change one of them.
struct Qcow2Names {
  std::vector<std::string> parents;  ///< several where the name is a "json:{...}" of several files
  std::string data;                  ///< "" unless its data lie in another file
};
/// Throws Error(corrupt).
Qcow2Names qcow2_names(const ByteSource& file);

/// Error(corrupt) if a table or a cluster of the disk does not lie in the file.
void check_qcow2_map(const ByteSource& file);

}  // namespace goldhive
