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
  bool all_links = false;
  bool break_links = false;
};

int undo_all(Host& host, const UndoCommandFlags& flags) {
  patch::UndoSettings settings;
  settings.place = undo_options(host, flags.undo);
  settings.open = open_options(host, flags.targets);
  settings.force = flags.force;
  settings.links = links_of(flags.all_links, flags.break_links);
  return restore_targets(
      host, report::Command::undo, flags.targets, flags.output,
      [&](Storage& storage, const target::TargetName& name, report::TargetReport& report) {
        patch::undo_target(storage, name, make_absolute(name.path, host.folders.working), settings,
                           report);
      });
}

}  // namespace

Command undo_command() {
  const auto flags = std::make_shared<UndoCommandFlags>();
  Command command{.name = "undo", .summary = "Take the last patch back, byte for byte"};
  add_target_names(command, flags->targets);
  command.flags.push_back(
      {.names = {"--undo-dir"},
       .value_name = "DIR",
       .help = "look for undo files in this folder (default: beside the target)",
       .group = Group::patch,
       .value = &flags->undo.directory,
       .standing = Standing::path});
  command.flags.push_back(
      {.names = {"--force"},
       .help = "put the old bytes back although the target was changed since the patch",
       .group = Group::patch,
       .value = &flags->force});
  command.flags.push_back({.names = {"--break-links"},
                           .help =
                               "give a file that got other names (hard links) since the patch a "
                               "content of its own first",
                           .group = Group::patch,
                           .value = &flags->break_links});
  command.flags.push_back({.names = {"--all-links"},
                           .help = "take the patch back for all names of such a file",
                           .group = Group::patch,
                           .value = &flags->all_links});
  add_output_flags(command, flags->output, report::Command::undo);
  command.footer =
      "Targets are named as they were for the patch. Exit code: 0 restored, 2 error or refused.";
  command.run = [flags](Host& host) { return undo_all(host, *flags); };
  return command;
}

}  // namespace goldhive::cli
