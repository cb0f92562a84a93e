// goldhive patch: makes the changes of the plan, in place, and scans again.
#include <fmt/format.h>

#include "src/cli/ask.h"
#include "src/cli/cmd_plan.h"
#include "src/cli/command.h"
#include "src/cli/patch_settings.h"
#include "src/cli/run_targets.h"
#include "src/patch/patch_target.h"

namespace goldhive::cli {
namespace {

struct PatchFlags {
  ExitRules exit;
  TargetFlags targets;
  OutputFlags output;
  PolicyFlags policy;
  PlanFlags plan;
  ChangeFlags change;
  std::string plan_file;
  bool dry_run = false;
  bool yes = false;
};

/// Before more than one image is changed, where there is somebody to ask. Error(refused) for a no.
void ask_before(Host& host, const PatchFlags& flags, const std::vector<Target>& targets) {
  if (flags.yes || !can_ask(host, flags.targets.targets)) return;
  const std::size_t count = count_images(host, targets);
  if (count < 2) return;
  if (agrees(host, fmt::format("Patch {} images?", count))) return;
  // The run itself says so where the user has ended it instead.
  if (host.interrupted != nullptr && host.interrupted()) return;
  throw Error(ErrorKind::refused, "nothing was patched");
}

/// Says which files beside the target are gone: what an earlier patch had left there, and what this
/// one had begun when the user ended it.
void note_names(const ChangedNames& names, bool stopped, report::TargetReport& target) {
  for (const std::string& path : names.removed()) {
    if (is_hot_name(path)) continue;
    target.notes.push_back("removed " + path + ", left over from an earlier patch");
  }
  if (!stopped) return;
  for (const std::string& path : names.made_in_vain()) {
    if (!is_new_content(path)) continue;
    target.notes.push_back("removed " + path + ", which was not finished");
  }
}

int patch(Host& host, const PatchFlags& flags) {
  if (flags.dry_run) {
    return run_plan(host, {flags.exit, flags.targets, flags.output, flags.policy, flags.plan,
                           flags.change, "", flags.plan_file});
  }
  std::optional<policy::SavedPlan> saved;
  if (!flags.plan_file.empty()) saved = load_plan_file(host.input, flags.plan_file);
  if (saved) refuse_choice(flags.plan);
  const policy::Policy policy =
      saved ? policy_of(host.input, *saved, flags.policy) : load_policy(host.input, flags.policy);
  TargetFlags targets = flags.targets;
  // Two names may mean one image, and then one patch must wait for the other. So targets are
  // patched one after the other, unless the user asks for more at once.
  if (targets.jobs == 0) targets.jobs = 1;
  const patch::PatchSettings settings = patch_settings(
      host,
      {flags.targets, flags.policy, flags.plan, flags.change, policy, saved ? &*saved : nullptr});
  report::Again again =
      to_repeat(host, flags.targets, judging_by(saved ? &*saved : nullptr, flags.policy));
  repeat_undo_folder(host, flags.change.undo, again.undo_flags);
  Output output(host, report::Command::patch, flags.output, targets.verbose, std::move(again),
                head_of(host, policy));
  output.add_policy(flags.policy);
  if (!flags.plan_file.empty()) output.add_input(flags.plan_file);
  const report::Report report = run_targets(
      host, report::Command::patch, &settings.target, targets, output,
      [&](const ReadStorage&, const Target& target, IoCounter& counter) {
        CountingStorage storage(host.output, counter, targets.trusted, no_link(target));
        const std::string path = target::split_target(storage, target.path).path;
        report::TargetReport patched = patch::patch_target(
            storage, target.path, make_absolute(path, host.folders.working), settings);
        note_names(storage.names(), counter.stop().stopped(), patched);
        return patched;
      },
      [&](const std::vector<Target>& all) { ask_before(host, flags, all); });
  output.finish(report);
  return exit_code_of(report, flags.policy.findings_code, flags.exit);
}

/// The flags that no other command has.
void add_own_flags(Command& command, PatchFlags& flags) {
  command.flags.push_back(
      {.names = {"--plan"},
       .value_name = "FILE",
       .help = "make the changes of a saved plan; refused where what it expects is gone",
       .group = Group::change,
       .value = &flags.plan_file});
  command.flags.push_back({.names = {"--dry-run"},
                           .help = "show what would change, write nothing",
                           .group = Group::change,
                           .value = &flags.dry_run});
  command.flags.push_back({.names = {"-y", "--yes"},
                           .help = "on a terminal, do not ask before several images are patched",
                           .group = Group::change,
                           .value = &flags.yes});
  command.flags.push_back(
      {.names = {"--timestamp"},
       .value_name = "TIME",
       .help = "last-write time of changed keys: 2016-07-08T10:11:12Z or seconds since 1970 "
               "(default: SOURCE_DATE_EPOCH, else now)",
       .group = Group::patch,
       .value = &flags.change.timestamp});
  command.flags.push_back({.names = {"--no-undo"},
                           .help = "keep no undo file",
                           .group = Group::patch,
                           .value = &flags.change.undo.no_undo});
  command.flags.push_back({.names = {"--undo-dir"},
                           .value_name = "DIR",
                           .help = "keep undo files in this folder (default: beside the target)",
                           .group = Group::patch,
                           .value = &flags.change.undo.directory,
                           .standing = Standing::path});
  command.flags.push_back({.names = {"--compact"},
                           .help = "then write a WIM anew, without its dead space",
                           .group = Group::patch,
                           .value = &flags.change.compact});
  command.flags.push_back({.names = {"--force-dirty"},
                           .help = "patch a dirty hive without its logs when they cannot be used",
                           .group = Group::patch,
                           .value = &flags.change.force_dirty});
  command.flags.push_back(
      {.names = {"--force-unclean"},
       .help = "patch an NTFS volume that is marked dirty (no other mark is passed over)",
       .group = Group::patch,
       .value = &flags.change.force_unclean});
  command.flags.push_back(
      {.names = {"--break-links"},
       .help = "give a file that has other names (hard links) a content of its own first",
       .group = Group::patch,
       .value = &flags.change.break_links});
  command.flags.push_back({.names = {"--all-links"},
                           .help = "patch a file that has other names, and so all of them",
                           .group = Group::patch,
                           .value = &flags.change.all_links});
  command.flags.push_back({.names = {"--no-cross-check"},
                           .help = "do not have hivex check the edited hive first",
                           .group = Group::patch,
                           .value = &flags.change.no_cross_check});
}

}  // namespace

Command patch_command() {
  const auto flags = std::make_shared<PatchFlags>();
  Command command{.name = "patch",
                  .summary = "Change the hives in place, crash-safe, and scan again"};
  add_target_flags(command, flags->targets);
  add_policy_flags(command, flags->policy);
  add_exit_flags(command, flags->exit);
  add_plan_flags(command, flags->plan);
  add_own_flags(command, *flags);
  add_output_flags(command, flags->output, report::Command::patch);
  add_overview_flags(command, flags->output);
  command.footer =
      "Exit code: what a scan after it would say: 0 compliant, 1 findings left, 2 error, refused "
      "or undetermined.\n"
      "Examples:\n"
      "  goldhive patch install.wim@2\n"
      "  goldhive patch --dry-run /mnt/image\n"
      "  goldhive undo install.wim@2          takes a patch back byte for byte";
  command.run = [flags](Host& host) { return patch(host, *flags); };
  return command;
}

}  // namespace goldhive::cli
