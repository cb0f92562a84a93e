// Checks of the containers that qemu reads for us. Such a container maps the blocks of a disk to
// places in its file. If a place lies beyond the end of the file, qemu reads zeros and reports no
// error, for a block of the disk and for a table of the map (which then maps nothing). So qemu
// shows a file that was cut off as a disk with holes, and a verdict could rest on them. Therefore
// every map is walked here before anything is read through qemu. Only the map is read for that:
// 0.02 % of a full qcow2 of the usual cluster size.
#pragma once

#include <cstdint>
#include <string>

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

/// The end of a container's file. Nothing that the map names may lie beyond it.
class MapBounds {
 public:
  /// `container` for messages: "qcow2".
  MapBounds(const ByteSource& file, const char* container) : file_(&file), container_(container) {}

  /// Error(corrupt) unless `length` bytes from `start` on lie in the file. `entry` is the place of
  /// the entry that names them, `what` says what they are: "an L2 table".
  void require(std::uint64_t entry, std::uint64_t start, std::uint64_t length,
               const char* what) const;
  /// As require(), and reads the bytes.
  Bytes table(std::uint64_t entry, std::uint64_t start, std::uint64_t length,
              const char* what) const;

 private:
  const ByteSource* file_;
  const char* container_;
};

}  // namespace goldhive
