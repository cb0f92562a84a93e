// Containers that qemu reads for us map the blocks of a disk to places in a file. Of a place beyond
// the end of the file qemu says nothing and reads zeros, for a table of the map (which then maps
// nothing at all) as for a block of the disk: of a file that was cut off it shows a disk with
// holes, and a verdict could rest on them. So every map is walked here before anything is read
// through qemu. Only the map is read for that: 0.02 % of a full qcow2 of the usual cluster size.
#pragma once

#include <cstdint>
#include <string>

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

/// The end of a container's file, beyond which nothing may lie.
class MapBounds {
 public:
  /// `container` for messages: "qcow2".
  MapBounds(const ByteSource& file, const char* container) : file_(&file), container_(container) {}

  /// Error(corrupt) unless `length` bytes from `start` on lie in the file. `entry` is where the
  /// file says so, `what` what is there: "a table of the second level".
  void require(std::uint64_t entry, std::uint64_t start, std::uint64_t length,
               const char* what) const;
  /// The same, and reads them.
  Bytes table(std::uint64_t entry, std::uint64_t start, std::uint64_t length,
              const char* what) const;

 private:
  const ByteSource* file_;
  const char* container_;
};

}  // namespace goldhive
