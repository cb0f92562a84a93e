// One target from plan to undo file: what `goldhive patch` does to each.
//
//   1. roll back what an earlier, cut-off patch left        undo_target.h
//   2. scan, plan
//   3. lock the files that are going to be changed          imgtools/change/holding_storage.h
//   4. edit the hives in memory, and check the results      prepare.h
//   5. journal and write, if all is still as it was read    imgtools/change/transact.h
//   6. scan again from the file, and compare each written hive with what was checked
//   7. make the journal the undo file
//
// The findings of 6 must be those that the plan predicted; otherwise the journal rolls back. In a
// folder every installation is a transaction of its own, since its hives lie in a folder of their
// own, where the journal goes. In an image every volume is one, or all volumes together (a WIM).
#pragma once

#include <string>

#include "imgtools/change/links.h"
#include "imgtools/change/undo_place.h"
#include "src/patch/prepare.h"
#include "src/policy/plan.h"
#include "src/target/inspect_target.h"

namespace goldhive::patch {

using goldhive::Links;

struct PatchSettings {
  target::Options target;  ///< with a policy
  policy::PlanOptions plan;
  /// Null: plan now. Else the edits of this plan, refused where what they expect is gone.
  const policy::SavedPlan* saved = nullptr;
  EditOptions edit;
  const char* cross_check_note = "";  ///< why hivex checks no edit, where edit.cross_check is false
  UndoOptions undo;
  Links links = Links::refuse;
  bool compact = false;      ///< then write the image anew without dead space
  std::string tool_version;  ///< goes into the undo file
};

/// Never throws for what is in the target; not settled. The report holds the rescan's findings.
report::TargetReport patch_target(Storage& storage, const std::string& target,
                                  const std::string& absolute_path, const PatchSettings& settings);

}  // namespace goldhive::patch
