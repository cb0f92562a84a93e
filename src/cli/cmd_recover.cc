// goldhive recover: rolls back what a cut-off patch or undo left.
#include "src/cli/command.h"
#include "src/cli/restore.h"
#include "src/patch/undo_place.h"
#include "src/patch/undo_target.h"

namespace goldhive::cli {
namespace {

struct RecoverFlags {
  TargetFlags targets;
  OutputFlags output;
  bool force = false;
};

int recover_all(Host& host, const RecoverFlags& flags) {
  const OpenOptions options = open_options(host, flags.targets);
  return restore_targets(
      host, report::Command::recover, flags.targets, flags.output,
      [&](Storage& storage, const target::TargetName& name, bool, report::TargetReport& report) {
        const JournalPlace place =
            patch::undo_place(storage, name.path, make_absolute(name.path, host.folders.working),
                              undo_options(host, {}));
        patch::Recovered done =
            patch::recover_target(storage, place, name.path, options, flags.force);
        report.notes = std::move(done.remarks);
        report.restore->journals = std::move(done.journals);
        report.restore->failures = std::move(done.failures);
        patch::raise_first(report.restore->failures);
      });
}

}  // namespace

Command recover_command() {
  const auto flags = std::make_shared<RecoverFlags>();
  Command command{.name = "recover", .summary = "Roll back a patch that was cut off"};
  add_target_names(command, flags->targets);
  command.flags.push_back(
      {.names = {"--force"},
       .help = "roll back although a file is in a state the patch cannot have left",
       .group = Group::patch,
       .value = &flags->force});
  add_output_flags(command, flags->output, report::Command::recover);
  command.footer =
      "patch and undo do the same before they start; scan reads through the journal and writes "
      "nothing.\n"
      "Exit code: 0 recovered or nothing to do, 2 error or refused.";
  command.run = [flags](Host& host) { return recover_all(host, *flags); };
  return command;
}

}  // namespace goldhive::cli
