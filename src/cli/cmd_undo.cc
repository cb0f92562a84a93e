// goldhive undo: takes the last patch of a target back, byte for byte.
#include "src/cli/command.h"
#include "src/cli/restore.h"
#include "src/patch/undo_target.h"

namespace goldhive::cli {
namespace {

struct UndoCommandFlags {
  TargetFlags targets;
  OutputFlags output;
  UndoFlags undo;
  bool force = false;
};

int undo_all(Host& host, const UndoCommandFlags& flags) {
  patch::UndoSettings settings;
  settings.place = undo_options(host, flags.undo);
  settings.open = open_options(host, flags.targets.input_format);
  settings.force = flags.force;
  return restore_targets(
      host, "undo", flags.targets, flags.output,
      [&](Storage& storage, const target::TargetName& name, report::TargetReport& report) {
        patch::undo_target(storage, name, make_absolute(name.path, host.folders.working), settings,
                           report);
      });
}

}  // namespace

void add_undo(CLI::App& app, Host& host, int& exit_code) {
  CLI::App* command = app.add_subcommand("undo", "Take the last patch back, byte for byte");
  const auto flags = std::make_shared<UndoCommandFlags>();
  add_target_names(*command, flags->targets);
  command
      ->add_option("--undo-dir", flags->undo.directory,
                   "look for undo files in this folder (default: beside the target)")
      ->type_name("DIR");
  command->add_flag("--force", flags->force,
                    "put the old bytes back although the target was changed since the patch");
  add_output_flags(*command, flags->output);
  command->footer(
      "Targets are named as they were for the patch. Exit code: 0 restored, 2 error or refused.");
  command->callback([&host, &exit_code, flags] { exit_code = undo_all(host, *flags); });
}

}  // namespace goldhive::cli
