// The changes of a saved plan, for what was found in one target. `plan` shows by this what `patch`
// does.
#pragma once

#include <string>
#include <vector>

#include "src/policy/plan.h"
#include "src/report/report.h"

namespace goldhive::patch {

/// Sets `changes` of each row to those that the plan has for its installation, none where it has
/// none (policy/saved_plan.h). Error(refused) if the plan is not for this target at all.
void take_changes(const policy::SavedPlan& plan, const std::string& path,
                  std::vector<report::InstallationReport>& rows);

}  // namespace goldhive::patch
