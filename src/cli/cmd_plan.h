// What `plan` and `patch --dry-run` share.
#pragma once

#include "src/cli/cli.h"
#include "src/cli/flags.h"
#include "src/cli/patch_settings.h"

namespace goldhive::cli {

struct PlanCommandFlags {
  ExitRules exit;
  TargetFlags targets;
  OutputFlags output;
  PolicyFlags policy;
  PlanFlags plan;
  ChangeFlags change;      ///< of patch --dry-run
  std::string save_file;   ///< where the plan is saved; "" = nowhere
  std::string plan_file;   ///< of patch --dry-run: a saved plan to show; "" = plan now
  bool exit_zero = false;  ///< changes pending are no reason to fail
};

/// Shows what a patch would change; returns the exit code.
int run_plan(Host& host, const PlanCommandFlags& flags);

}  // namespace goldhive::cli
