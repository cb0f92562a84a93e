// The second opinion: before a byte of a target changes, the edited hive is opened with hivex,
// which shares no code with us, and must show what was planned and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/byte_source.h"
#include "src/hive/hive.h"

namespace goldhive::hive {

/// What a value must be after the edit.
struct ExpectedValue {
  std::string key;   ///< path from the root, parts divided by '\\'
  std::string name;  ///< "" is the default value
  bool present = true;
  ValueType type = ValueType::none;
  Bytes data;
};

/// False in a build without hivex.
bool cross_check_available();

/// Throws Error(refused) that says who read what, if hivex cannot open `edited`, reads one of
/// `expected` otherwise, or counts other numbers of keys and values. Error(unsupported) in a build
/// without hivex. `scratch_directory`: for the copy that hivex opens, where it cannot be in memory.
void cross_check(const ByteSource& edited, const std::vector<ExpectedValue>& expected,
                 std::uint64_t keys, std::uint64_t values, const std::string& scratch_directory);

}  // namespace goldhive::hive
