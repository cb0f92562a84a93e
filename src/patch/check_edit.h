// What must hold of an edited hive before it is written: our own checker finds no fault that was
// not there before, hivex reads every changed value as planned, and both count the planned number
// of keys and values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/bytes/resident_source.h"
#include "imgtools/file_tree.h"
#include "src/hive/checker.h"
#include "src/hive/cross_check.h"
#include "src/policy/finding.h"

namespace goldhive::patch {

/// What the edits of a hive must lead to.
struct PlannedResult {
  std::uint64_t keys = 0;  ///< of the whole hive
  std::uint64_t values = 0;
  std::vector<hive::ExpectedValue> expected;
};
/// `hive` and `before`, its check, are those before the edits.
PlannedResult planned_result(const hive::Hive& hive, const hive::CheckResult& before,
                             const std::vector<policy::Edit>& edits);

/// The two checks of one edited hive, with all that they need. They share nothing and only read: on
/// a large hive each takes as long as all the rest of a patch, so they go side by side.
struct EditCheck {
  std::string where;  ///< the hive, for messages
  hive::CheckResult before;
  PlannedResult planned;
  std::shared_ptr<const ResidentSource> edited;
  /// Of the edited hive; empty if hivex is not asked.
  std::optional<hive::CrossCheckCopy> for_hivex;

  /// Throws Error(refused) if a check fails; that of our own checker if both do.
  void run();
};

/// What a hive must be like when it is read back from the file it was written to.
struct WrittenHive {
  std::size_t volume = 0;  ///< index in Image::volumes()
  std::string path;        ///< exact, in the tree of the volume
  /// The edited hive that EditCheck let pass; null if there was no memory left to keep it.
  std::shared_ptr<const ResidentSource> edited;
  std::uint64_t faults = 0;  ///< structural ones, at most; those that it had before the edit
  std::uint64_t keys = 0;
  std::uint64_t values = 0;
};

/// Reads the whole hive from `tree`, and compares it with the edited one: if the bytes are
/// the same, then all that the checks found of those is true of what was written. Without the
/// edited hive the structure is checked once more. Error(refused) if it is not as expected.
void require_written(const FileTree& tree, const WrittenHive& expected);

}  // namespace goldhive::patch
