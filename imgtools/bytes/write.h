// New bytes for a place: in a hive, a file in an image, a volume, a disk, or a file of the host.
// Each layer turns the writes of the layer above it into its own.
#pragma once

#include <cstdint>

#include "imgtools/bytes/bytes.h"

namespace goldhive {

/// A list of writes is sorted by offset and has no overlaps, unless its owner says otherwise.
struct Write {
  std::uint64_t offset = 0;  ///< bytes, from the start of what is changed
  Bytes data;

  bool operator==(const Write&) const = default;
};

}  // namespace goldhive
