// How a patch is made, by its flags. `plan` uses this too, so that it knows what a patch would
// refuse.
#pragma once

#include <string>

#include "src/cli/flags.h"
#include "src/cli/restore.h"
#include "src/patch/patch_target.h"

namespace goldhive::cli {

/// The flags of `patch` that are about the change itself.
struct ChangeFlags {
  UndoFlags undo;
  std::string timestamp;
  bool compact = false;
  bool force_dirty = false;
  bool force_unclean = false;
  bool all_links = false;
  bool break_links = false;
  bool no_cross_check = false;
};

/// The flags once more, for a next command, which reads the same configuration.
std::vector<std::string> to_repeat(const Host& host, const ChangeFlags& flags);
/// Adds what says where undo files lie.
void repeat_undo_folder(const Host& host, const UndoFlags& flags, std::vector<std::string>& words);

/// What the settings are made of; all of it must outlive them.
struct PatchChoice {
  const TargetFlags& targets;
  const PolicyFlags& policy_flags;
  const PlanFlags& plan;
  const ChangeFlags& change;
  const policy::Policy& policy;
  const policy::SavedPlan* saved = nullptr;  ///< null: plan now
};
/// Error(usage) for flags that contradict each other.
patch::PatchSettings patch_settings(const Host& host, const PatchChoice& choice);

}  // namespace goldhive::cli
