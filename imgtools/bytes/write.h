// A change of bytes where they lie: of a hive, of a file in an image, of a volume, of a disk, of a
// file of the host. Each layer turns the writes of the one above into its own.
#pragma once

#include <cstdint>

#include "imgtools/bytes/bytes.h"

namespace goldhive {

/// Lists of them are sorted by offset and do not overlap, unless said otherwise.
struct Write {
  std::uint64_t offset = 0;  ///< bytes, from the start of what is changed
  Bytes data;

  bool operator==(const Write&) const = default;
};

}  // namespace goldhive
