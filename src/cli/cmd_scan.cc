// goldhive scan: judges targets by a policy.
#include "src/cli/command.h"
#include "src/cli/run_targets.h"

namespace goldhive::cli {
namespace {

struct ScanFlags {
  TargetFlags targets;
  OutputFlags output;
  PolicyFlags policy;
};

int scan(Host& host, const ScanFlags& flags) {
  const policy::Policy policy = load_policy(host.input, flags.policy);
  target::Options options = target_options(host, flags.targets, &policy);
  options.today = today(host, flags.policy);
  Output output(host, report::Command::scan, flags.output, flags.targets.verbose);
  const report::Report report =
      run_targets(host, report::Command::scan, &options, flags.targets, output,
                  [&](const ReadStorage& storage, const Target& target, IoCounter&) {
                    return target::inspect_target(storage, target.path, options);
                  });
  output.finish(report);
  return exit_code_of(report, flags.policy.findings_code);
}

}  // namespace

Command scan_command() {
  const auto flags = std::make_shared<ScanFlags>();
  Command command{.name = "scan", .summary = "Judge the TLS settings of Windows images"};
  add_target_flags(command, flags->targets);
  add_policy_flags(command, flags->policy);
  add_output_flags(command, flags->output, report::Command::scan);
  command.footer =
      "Exit code: 0 compliant or nothing applicable, 1 findings, 2 undetermined or error.\n"
      "Nothing is ever written to a target.";
  command.run = [flags](Host& host) { return scan(host, *flags); };
  return command;
}

}  // namespace goldhive::cli
