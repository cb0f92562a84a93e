// goldhive verify: is every cell of the hives where and what it should be?
#include "src/cli/command.h"
#include "src/cli/run_targets.h"
#include "src/target/verify.h"

namespace goldhive::cli {
namespace {

struct VerifyFlags {
  TargetFlags targets;
  OutputFlags output;
};

int verify(Host& host, const VerifyFlags& flags) {
  const target::Options options = target_options(host, flags.targets, nullptr);
  Output output(host, report::Command::verify, flags.output, flags.targets.verbose);
  const report::Report report =
      run_targets(host, report::Command::verify, nullptr, flags.targets, output,
                  [&](const ReadStorage& storage, const Target& target, IoCounter&) {
                    return target::verify_target(storage, target.path, options);
                  });
  output.finish(report);
  return exit_code_of(report);
}

}  // namespace

Command verify_command() {
  const auto flags = std::make_shared<VerifyFlags>();
  Command command{.name = "verify",
                  .summary = "Check the structure of hives, cell by cell, and name each fault"};
  add_target_flags(command, flags->targets);
  add_output_flags(command, flags->output, report::Command::verify);
  command.footer =
      "Exit code: 0 sound (harmless faults are only named), 1 a fault that stands in the way of an "
      "edit, 2 error.\n"
      "Hives are read whole. Nothing is ever written to a target.";
  command.run = [flags](Host& host) { return verify(host, *flags); };
  return command;
}

}  // namespace goldhive::cli
