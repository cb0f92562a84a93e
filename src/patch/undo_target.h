// Taking a patch of one target back: rolling back one that was cut off, and undoing the last one
// that was finished.
#pragma once

#include <string>
#include <vector>

#include "imgtools/candidate.h"
#include "imgtools/change/undo.h"
#include "src/report/report.h"
#include "src/target/target_name.h"

namespace goldhive::patch {

/// Rolls back what cut-off patches left in the target at `path`. Returns the journals worked off.
/// Throws Error.
std::vector<std::string> recover_target(Storage& storage, const std::string& path,
                                        const OpenOptions& options, bool force);

struct UndoSettings {
  UndoOptions place;  ///< where undo files lie
  OpenOptions open;
  bool force = false;  ///< although the target was changed since the patch
};

/// Takes all of the target's last patch back. That may be several undo files, one a transaction.
/// Adds what it did to `report`, whose `restore` must be set. Error(refused) if `name` asks for
/// less than that patch changed, or for something else.
void undo_target(Storage& storage, const target::TargetName& name, const std::string& absolute_path,
                 const UndoSettings& settings, report::TargetReport& report);

}  // namespace goldhive::patch
