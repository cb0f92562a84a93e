// One target from plan to undo file: what `goldhive patch` does to each.
//
//   roll back what an earlier, cut-off patch left  ->  scan  ->  plan  ->  edit in memory, checked
//   twice (src/patch)  ->  journal and write (imgtools/change/journal.h)  ->  rescan from the file
//   -> undo file
//
// The rescan's findings must be those that the plan predicted; otherwise the journal rolls back.
// In a directory every installation is a transaction of its own (its hives lie in a folder of their
// own, where the journal goes); in an image every volume is, or all volumes together (a WIM).
#pragma once

#include <string>

#include "imgtools/change/undo.h"
#include "src/patch/prepare.h"
#include "src/policy/plan.h"
#include "src/target/inspect_target.h"

namespace goldhive::cli {

struct PatchSettings {
  PipelineOptions pipeline;  ///< with a policy
  policy::PlanOptions plan;
  /// Null: plan now. Else the edits of this plan, refused where what they expect is gone.
  const policy::SavedPlan* saved = nullptr;
  patch::Options edit;
  const char* cross_check_note = "";  ///< why hivex checks no edit, where edit.cross_check is false
  UndoOptions undo;
  bool compact = false;      ///< then write the image anew without dead space
  std::string tool_version;  ///< goes into the undo file
};

/// Never throws for what is in the target; not settled. The report holds the rescan's findings.
report::TargetReport patch_target(Storage& storage, const std::string& target,
                                  const std::string& absolute_path, const PatchSettings& settings);

/// Rolls back what cut-off patches left in a target. Returns the journals worked off. Throws Error.
std::vector<std::string> recover_target(Storage& storage, const TargetName& name,
                                        const OpenOptions& options, bool force);

}  // namespace goldhive::cli
