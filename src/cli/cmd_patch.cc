// goldhive patch: makes the changes of the plan, in place, and scans again.
#include <fmt/format.h>

#include "src/cli/cmd_plan.h"
#include "src/cli/command.h"
#include "src/cli/restore.h"
#include "src/cli/run_targets.h"
#include "src/cli/text_file.h"
#include "src/cli/timestamp.h"
#include "src/cli/version.h"
#include "src/hive/cross_check.h"
#include "src/patch/patch_target.h"

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
  bool compact = false;
  bool force_dirty = false;
  bool force_unclean = false;
  bool no_cross_check = false;
};

policy::SavedPlan load_plan_file(const ReadStorage& storage, const std::string& path) {
  constexpr std::uint64_t size_limit = 64 << 20;
  return policy::load_plan(read_text_file(storage, path, size_limit, "a plan"), path);
}

patch::PatchSettings settings_of(const Host& host, const PatchFlags& flags,
                                 const policy::Policy& policy) {
  patch::PatchSettings settings;
  settings.target = target_options(host, flags.targets, &policy);
  settings.target.force_unclean = flags.force_unclean;
  settings.plan = plan_options(flags.plan);
  settings.edit.now = flags.timestamp.empty() ? host.now : parse_timestamp(flags.timestamp);
  settings.edit.force_dirty = flags.force_dirty;
  settings.edit.cross_check = !flags.no_cross_check && hive::cross_check_available();
  settings.cross_check_note = flags.no_cross_check
                                  ? "hivex did not check the edited hives (--no-cross-check)"
                                  : "hivex did not check the edited hives: this build has no hivex";
  settings.edit.scratch_directory = host.folders.scratch;
  settings.undo = undo_options(host, flags.undo);
  settings.compact = flags.compact;
  settings.tool_version = tool_version();
  return settings;
}

int patch(Host& host, const PatchFlags& flags) {
  const policy::Policy policy = load_policy(host.input, flags.policy.policy);
  std::optional<policy::SavedPlan> saved;
  if (!flags.plan_file.empty()) saved = load_plan_file(host.input, flags.plan_file);
  if (flags.dry_run) {
    return run_plan(
        host, {flags.targets, flags.output, flags.policy, flags.plan, "", flags.force_unclean});
  }
  TargetFlags targets = flags.targets;
  // Two names may mean one image: then they must be patched one after the other, and are unless the
  // user knows that they do not.
  if (targets.jobs == 0) targets.jobs = 1;
  patch::PatchSettings settings = settings_of(host, flags, policy);
  settings.saved = saved ? &*saved : nullptr;
  Output output(host, "patch", flags.output, targets.verbose);
  const report::Report report =
      run_targets(host, "patch", policy.name, targets, output,
                  [&](const ReadStorage&, const std::string& target, IoCounter& counter) {
                    CountingStorage storage(host.output, counter);
                    const std::string path = target::split_target(storage, target).path;
                    return patch::patch_target(storage, target,
                                               make_absolute(path, host.folders.working), settings);
                  });
  output.finish(report);
  return exit_code_of(report, flags.policy.findings_code);
}

}  // namespace

void add_patch(CLI::App& app, Host& host, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("patch", "Change the hives in place, crash-safe, and scan again");
  const auto flags = std::make_shared<PatchFlags>();
  add_target_flags(*command, flags->targets);
  add_policy_flags(*command, flags->policy);
  add_plan_flags(*command, flags->plan);
  command
      ->add_option("--plan", flags->plan_file,
                   "make the changes of a saved plan; refused where what it expects is gone")
      ->type_name("FILE");
  command->add_flag("--dry-run", flags->dry_run, "show what would change, write nothing");
  command
      ->add_option("--timestamp", flags->timestamp,
                   "last-write time of changed keys: 2016-07-08T10:11:12Z or seconds since 1970 "
                   "(default: SOURCE_DATE_EPOCH, else now)")
      ->type_name("TIME");
  command->add_flag("--no-undo", flags->undo.no_undo, "keep no undo file");
  command
      ->add_option("--undo-dir", flags->undo.directory,
                   "keep undo files in this folder (default: beside the target)")
      ->type_name("DIR");
  command->add_flag("--compact", flags->compact, "then write a WIM anew, without its dead space");
  command->add_flag("--force-dirty", flags->force_dirty,
                    "patch a dirty hive as it lies when its logs cannot be used");
  command->add_flag("--force-unclean", flags->force_unclean,
                    "patch an NTFS volume that is marked dirty (no other mark is passed over)");
  command->add_flag("--no-cross-check", flags->no_cross_check,
                    "do not have hivex check the edited hive first");
  add_output_flags(*command, flags->output);
  command->footer(
      "Exit code: what a scan after it would say: 0 compliant, 1 findings left, 2 error, refused "
      "or\n"
      "undetermined. goldhive undo takes a patch back byte for byte.");
  command->callback([&host, &exit_code, flags] { exit_code = patch(host, *flags); });
}

}  // namespace goldhive::cli
