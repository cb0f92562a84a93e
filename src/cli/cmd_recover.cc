// goldhive recover: rolls back what a cut-off patch or undo left.
#include "src/cli/command.h"
#include "src/cli/restore.h"
#include "src/patch/undo_target.h"

namespace goldhive::cli {
namespace {

struct RecoverFlags {
  TargetFlags targets;
  OutputFlags output;
  bool force = false;
};

int recover_all(Host& host, const RecoverFlags& flags) {
  const OpenOptions options = open_options(host, flags.targets.input_format);
  return restore_targets(
      host, "recover", flags.targets, flags.output,
      [&](Storage& storage, const target::TargetName& name, report::TargetReport& report) {
        report.restore->journals = patch::recover_target(storage, name.path, options, flags.force);
      });
}

}  // namespace

void add_recover(CLI::App& app, Host& host, int& exit_code) {
  CLI::App* command = app.add_subcommand("recover", "Roll back a patch that was cut off");
  const auto flags = std::make_shared<RecoverFlags>();
  add_target_names(*command, flags->targets);
  command->add_flag("--force", flags->force,
                    "roll back although a file is in a state the patch cannot have left");
  add_output_flags(*command, flags->output);
  command->footer(
      "patch and undo do the same before they start; scan reads through the journal and writes\n"
      "nothing. Exit code: 0 recovered or nothing to do, 2 error or refused.");
  command->callback([&host, &exit_code, flags] { exit_code = recover_all(host, *flags); });
}

}  // namespace goldhive::cli
