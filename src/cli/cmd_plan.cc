// goldhive plan: what a patch would change, and nothing changed.
#include "src/cli/cmd_plan.h"

#include "src/cli/command.h"
#include "src/cli/run_targets.h"

namespace goldhive::cli {
namespace {

void add_changes(report::TargetReport& target, const policy::PlanOptions& options) {
  try {
    for (report::InstallationReport& i : target.installations) {
      i.changes = policy::make_plan(i.facts, i.findings, options);
    }
  } catch (const Error& e) {  // --protocols names one that this Windows does not have
    target.installations.clear();
    target.error = e.at(target.path);
  }
}

policy::SavedPlan to_save(const report::Report& report) {
  policy::SavedPlan plan;
  plan.policy = report.policy;
  for (const report::TargetReport& t : report.targets) {
    for (const report::InstallationReport& i : t.installations) {
      if (!i.changes->empty()) plan.entries.push_back({t.path, i.facts.id, *i.changes});
    }
  }
  return plan;
}

/// A .reg file names no image: the changes of two installations would become one heap.
void refuse_several(const policy::SavedPlan& plan, const report::Format& format) {
  if (plan.entries.size() < 2) return;
  throw Error(ErrorKind::usage, "a ." + std::string(format.name) +
                                    " file holds the changes of one installation, and here are " +
                                    std::to_string(plan.entries.size()) +
                                    " with changes: name one of them, e.g. " +
                                    plan.entries.front().installation);
}

}  // namespace

int run_plan(Host& host, const PlanCommandFlags& flags) {
  const policy::Policy policy = load_policy(host.input, flags.policy.policy);
  target::Options options = target_options(host, flags.targets, &policy);
  options.force_unclean = flags.force_unclean;
  const policy::PlanOptions wanted = plan_options(flags.plan);
  Output output(host, report::Command::plan, flags.output, flags.targets.verbose);
  if (!flags.plan_file.empty()) output.add_file(flags.plan_file);
  const report::Report report =
      run_targets(host, report::Command::plan, policy.name, flags.targets, output,
                  [&](const ReadStorage& storage, const std::string& target, IoCounter&) {
                    report::TargetReport found = target::inspect_target(storage, target, options);
                    add_changes(found, wanted);
                    return found;
                  });
  const policy::SavedPlan saved = to_save(report);
  if (const report::Format* format = output.one_installation_format())
    refuse_several(saved, *format);
  if (!flags.plan_file.empty()) {
    write_text_file(host.output, flags.plan_file, policy::save_plan(saved));
  }
  output.finish(report);
  return exit_code_of(report, flags.policy.findings_code);
}

Command plan_command() {
  const auto flags = std::make_shared<PlanCommandFlags>();
  Command command{.name = "plan", .summary = "Show what a patch would change, and change nothing"};
  add_target_flags(command, flags->targets);
  add_policy_flags(command, flags->policy);
  add_plan_flags(command, flags->plan);
  command.flags.push_back({.names = {"-o", "--output"},
                           .value_name = "FILE",
                           .help = "save the plan to FILE, for goldhive patch",
                           .group = Group::output,
                           .value = &flags->plan_file});
  add_output_flags(command, flags->output, report::Command::plan, false);
  command.footer =
      "Exit code: 0 nothing to change, 1 changes pending, 2 undetermined or error.\n"
      "Nothing is ever written to a target.";
  command.run = [flags](Host& host) { return run_plan(host, *flags); };
  return command;
}

}  // namespace goldhive::cli
