// The undo files of a target, as people are shown them, and which of them an undo takes.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/change/links.h"
#include "imgtools/change/undo_place.h"
#include "src/report/report.h"
#include "src/target/target_name.h"

namespace goldhive::patch {

/// Undo files that lie at one place.
struct PlacedUndoFiles {
  std::string target;  ///< that was patched: the one asked for, or a folder that holds it
  JournalPlace place;
  std::vector<UndoFile> files;  ///< the newest first
};

/// What the last patch of the target left: one undo file a transaction. The patch may have been one
/// of a folder that holds the target, a tree; then it is what concerns this tree. No files if there
/// was none.
PlacedUndoFiles last_patch(const ReadStorage& storage, const target::TargetName& name,
                           const std::string& absolute_path, const UndoOptions& options);

/// What all patches of the target left.
PlacedUndoFiles undo_files_of(const ReadStorage& storage, const target::TargetName& name,
                              const std::string& absolute_path, const UndoOptions& options);

/// Of a folder of trees, "" otherwise: names the trees in it that have undo files of patches of
/// their own, which an undo of the folder does not take.
std::string trees_patched_alone(const ReadStorage& storage, const target::TargetName& name,
                                const std::string& absolute_path, const UndoOptions& options);

/// `compare`: with the target as it is now, for which a file that was written anew is read whole;
/// what would be refused of an undo with these links is the error of a report.
std::vector<report::UndoFileReport> undo_file_reports(const ReadStorage& storage,
                                                      const PlacedUndoFiles& found,
                                                      std::optional<Links> compare);

/// Whether an undo would change nothing: what it is of has the old bytes. One that does not fit may
/// be of use again: once a patch under another name is taken back, once its target is back.
bool is_of_no_use(const report::UndoFileReport& undo);

/// Removes those that are of no use and `wanted` to be removed.
void prune_undo_files(Storage& storage, const PlacedUndoFiles& found,
                      const std::function<bool(const report::UndoFileReport&)>& wanted);

}  // namespace goldhive::patch
