// goldhive list: what is in a target, without a judgement.
#include "src/cli/command.h"
#include "src/cli/run_targets.h"

namespace goldhive::cli {
namespace {

struct ListFlags {
  TargetFlags targets;
  OutputFlags output;
};

int list(Host& host, const ListFlags& flags) {
  target::Options options = target_options(host, flags.targets, nullptr);
  options.may_be_empty = true;
  Output output(host, "list", flags.output, flags.targets.verbose);
  const report::Report report =
      run_targets(host, "list", "", flags.targets, output,
                  [&](const ReadStorage& storage, const std::string& target, IoCounter&) {
                    return target::inspect_target(storage, target, options);
                  });
  output.finish(report);
  return exit_code_of(report);
}

}  // namespace

void add_list(CLI::App& app, Host& host, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("list", "Show what is in a target: volumes, installations, hives");
  const auto flags = std::make_shared<ListFlags>();
  add_target_flags(*command, flags->targets);
  add_output_flags(*command, flags->output);
  command->footer(
      "Exit code: 0 (for a target without Windows, too), or 2 where one could not be read.");
  command->callback([&host, &exit_code, flags] { exit_code = list(host, *flags); });
}

}  // namespace goldhive::cli
