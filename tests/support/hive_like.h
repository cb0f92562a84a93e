// Bytes that a journal of a folder takes for a hive: its first marks, and nothing else of one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "imgtools/bytes/bytes.h"

namespace goldhive::testing {

/// `bytes`, at least 4100 of them, with the marks of a hive in them.
inline Bytes hive_like(Bytes bytes) {
  constexpr std::string_view base = "regf";
  constexpr std::string_view bin = "hbin";
  std::copy(base.begin(), base.end(), bytes.begin());
  std::copy(bin.begin(), bin.end(), bytes.begin() + 4096);
  return bytes;
}

}  // namespace goldhive::testing
