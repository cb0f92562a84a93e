// A change of a volume or a disk, before it is translated to the file that holds it.
#pragma once

#include <cstdint>
#include <vector>

#include "imgtools/bytes/bytes.h"

namespace goldhive {

struct BlockWrite {
  std::uint64_t offset = 0;  ///< in the volume or the disk
  Bytes data;
};

/// Sorted by offset, not overlapping.
using BlockWrites = std::vector<BlockWrite>;

}  // namespace goldhive
