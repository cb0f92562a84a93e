// What tests with NTFS volumes share.
#pragma once

#include "tests/support/disk_maker.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tools.h"

namespace goldhive::testing {

/// Bytes in which every 64 KiB differ but which compress.
inline Bytes compressible(std::size_t size) {
  Bytes data(size);
  for (std::size_t i = 0; i < size; ++i) {
    data[i] = static_cast<std::uint8_t>(i % 97 < 60 ? i / 65536 : i * 7);
  }
  return data;
}

}  // namespace goldhive::testing
