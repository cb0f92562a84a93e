// goldhive plan: what a patch would change, and nothing changed.
#include "src/cli/cmd_plan.h"

#include "src/cli/command.h"
#include "src/cli/run_targets.h"
#include "src/patch/plan_target.h"
#include "src/policy/saved_plan.h"
#include "src/target/target_name.h"

namespace goldhive::cli {
namespace {

policy::SavedPlan to_save(const ReadStorage& storage, const report::Report& report) {
  policy::SavedPlan plan;
  plan.policy = report.head.policy;
  for (const report::TargetReport& t : report.targets) {
    for (const report::InstallationReport& i : t.installations) {
      if (i.changes->empty()) continue;
      plan.entries.push_back({target::split_target(storage, t.path).path, i.facts.id,
                              policy::system_of(i.facts), *i.changes});
    }
  }
  return plan;
}

/// A .reg file names no image, so the changes of two installations could not be told apart in it.
void refuse_several(const policy::SavedPlan& plan, const report::Format& format) {
  if (plan.entries.size() < 2) return;
  throw Error(ErrorKind::usage, "a ." + std::string(format.name) +
                                    " file holds the changes of one installation, and here are " +
                                    std::to_string(plan.entries.size()) +
                                    " with changes: name one of them, e.g. " +
                                    plan.entries.front().installation);
}

/// Until 0.1.0, -o saved the plan. Who still means that has named a JSON file for text.
void refuse_plan_in_output(const OutputFlags& flags) {
  if (!flags.file.ends_with(".json") || std::string_view(flags.format->name) != "text") return;
  throw Error(ErrorKind::usage,
              "-o writes what is shown, as text, as with every command; a plan for goldhive patch "
              "is saved by --save FILE (and its report as JSON by -f json -o FILE)",
              flags.file);
}

}  // namespace

int run_plan(Host& host, const PlanCommandFlags& flags) {
  std::optional<policy::SavedPlan> given;
  if (!flags.plan_file.empty()) given = load_plan_file(host.input, flags.plan_file);
  if (given) refuse_choice(flags.plan);
  const policy::Policy policy =
      given ? policy_of(host.input, *given, flags.policy) : load_policy(host.input, flags.policy);
  const patch::PatchSettings settings = patch_settings(
      host,
      {flags.targets, flags.policy, flags.plan, flags.change, policy, given ? &*given : nullptr});
  // What was saved is what the next command is to do.
  const bool saves = !flags.save_file.empty();
  PolicyFlags named = flags.policy;
  if (given) named.standing_policy = usual_policy;  // the plan decides, whatever stands
  report::Again again = to_repeat(host, flags.targets, named, saves ? PlanFlags{} : flags.plan,
                                  saves ? flags.save_file : flags.plan_file);
  for (std::string& word : to_repeat(host, flags.change)) again.flags.push_back(std::move(word));
  Output output(host, report::Command::plan, flags.output, flags.targets.verbose, std::move(again),
                head_of(host, policy));
  output.add_policy(flags.policy);
  if (!flags.plan_file.empty()) output.add_input(flags.plan_file);
  if (!flags.save_file.empty()) output.add_file(flags.save_file);
  const report::Report report =
      run_targets(host, report::Command::plan, &settings.target, flags.targets, output,
                  [&](const ReadStorage& storage, const Target& target, IoCounter&) {
                    const std::string path = target::split_target(storage, target.path).path;
                    return patch::plan_target(storage, target.path,
                                              make_absolute(path, host.folders.working), settings);
                  });
  const policy::SavedPlan saved = to_save(host.input, report);
  if (const report::Format* format = output.one_installation_format())
    refuse_several(saved, *format);
  if (!flags.save_file.empty()) {
    write_text_file(host.output, flags.save_file, policy::save_plan(saved));
  }
  output.finish(report);
  return exit_code_of(report, flags.exit_zero ? exit_compliant : flags.policy.findings_code,
                      flags.exit);
}

Command plan_command() {
  const auto flags = std::make_shared<PlanCommandFlags>();
  Command command{.name = "plan", .summary = "Show what a patch would change, and change nothing"};
  add_target_flags(command, flags->targets);
  add_policy_flags(command, flags->policy);
  add_exit_flags(command, flags->exit);
  add_plan_flags(command, flags->plan);
  command.flags.push_back({.names = {"--save"},
                           .value_name = "FILE",
                           .help = "save the plan to FILE, for goldhive patch --plan FILE",
                           .group = Group::output,
                           .value = &flags->save_file});
  // Not to be given, but where a patch would keep its undo file it must not be said to have no
  // place for it.
  command.flags.push_back({.names = {"--undo-dir"},
                           .value_name = "DIR",
                           .help = "keep undo files in this folder",
                           .group = Group::patch,
                           .value = &flags->change.undo.directory,
                           .hidden = true,
                           .standing = Standing::path});
  command.flags.push_back({.names = {"--exit-zero"},
                           .help = "exit with 0 where changes are pending",
                           .group = Group::policy,
                           .value = &flags->exit_zero});
  add_output_flags(command, flags->output, report::Command::plan);
  add_overview_flags(command, flags->output);
  command.footer =
      "Exit code: 0 nothing to change, 1 changes pending, 2 undetermined or error.\n"
      "Nothing is ever written to a target.\n"
      "Examples:\n"
      "  goldhive plan install.wim\n"
      "  goldhive plan --save plan.json install.wim\n"
      "  goldhive plan --format reg -o fix.reg /mnt/image";
  command.run = [flags](Host& host) {
    refuse_plan_in_output(flags->output);
    return run_plan(host, *flags);
  };
  return command;
}

}  // namespace goldhive::cli
