// Taking a patch of one target back: rolling back one that was cut off, and undoing the last one
// that was finished.
#pragma once

#include <string>
#include <vector>

#include "imgtools/candidate.h"
#include "imgtools/change/links.h"
#include "imgtools/change/undo_place.h"
#include "src/patch/undo_note.h"
#include "src/report/report.h"
#include "src/target/target_name.h"

namespace goldhive::patch {

struct Recovered {
  std::vector<std::string> journals;                     ///< those worked off
  std::vector<UndoNote> notes;                           ///< what they say of their patches
  std::vector<report::RestoreReport::Failure> failures;  ///< files that could not be rolled back
  std::vector<std::string> remarks;                      ///< for the user: one sentence each
};

/// Rolls back what cut-off patches left in the target at `path`, whose place is `place`, file by
/// file. Throws Error if it cannot be opened.
Recovered recover_target(Storage& storage, const JournalPlace& place, const std::string& path,
                         const OpenOptions& options, bool force);

/// Throws the first of them, where there is one.
void raise_first(const std::vector<report::RestoreReport::Failure>& failures);

/// Gives a target that is a VMDK, and was put back, the CID that it had (UndoNote::content_id).
/// Where that is not possible, `notes` says so. To be called when nothing has the disk open.
void restore_content_id(Storage& storage, const JournalPlace& place, const std::string& id,
                        std::vector<std::string>& notes);

struct UndoSettings {
  UndoOptions place;  ///< where undo files lie
  OpenOptions open;
  bool force = false;  ///< although the target was changed since the patch
  Links links = Links::refuse;
};

/// Takes all of the target's last patch back. That may be several undo files, one a transaction.
/// Where a patch or an undo was cut off, it was the last, and what is rolled back is taken back.
/// Adds what it did to `report`, whose `restore` must be set. False if there is no undo file.
/// Error(refused) if `name` asks for less than that patch changed, or for something else.
bool undo_target(Storage& storage, const target::TargetName& name, const std::string& absolute_path,
                 const UndoSettings& settings, report::TargetReport& report);

/// What undo_target() would take back, as `report.undo_files`, what it would roll back before, as
/// the journals and files of `report.restore`, and what it would refuse, as `report.error`.
void foresee_undo(const ReadStorage& storage, const target::TargetName& name,
                  const std::string& absolute_path, const UndoSettings& settings,
                  report::TargetReport& report);

/// What a user is told of a target that has none.
Error no_undo_file(const target::TargetName& name);

}  // namespace goldhive::patch
