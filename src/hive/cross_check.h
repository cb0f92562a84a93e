// The second opinion: before a byte of a target changes, the edited hive is opened with hivex,
// which shares no code with us. hivex must find what was planned and no other change.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/write.h"
#include "src/hive/hive.h"

namespace goldhive {
class ScratchFile;
}

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

/// A hive as a file that hivex can open. Making it takes as long as our own check and needs only
/// the bytes before the edit, so the two can run side by side.
class CrossCheckCopy {
 public:
  /// Error(unsupported) in a build without hivex. `scratch_directory`: where the file goes if it
  /// cannot be in memory. `hive` is not needed afterwards.
  CrossCheckCopy(const ByteSource& hive, const std::string& scratch_directory);

  /// Makes the edit in the copy.
  void apply(std::uint64_t new_size, const std::vector<Write>& writes);

  /// Throws Error(refused) that says who read what, if hivex cannot open the copy, reads one of
  /// `expected` otherwise, or counts other numbers of keys and values.
  void check(const std::vector<ExpectedValue>& expected, std::uint64_t keys, std::uint64_t values);

 private:
  std::shared_ptr<ScratchFile> file_;
  std::shared_ptr<void> opened_;  ///< hivex's handle: to close it takes time, which check() saves
  std::string name_;              ///< of the hive
};

}  // namespace goldhive::hive
