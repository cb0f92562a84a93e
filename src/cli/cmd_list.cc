// goldhive list: what is in a target, without a judgement.
#include "src/cli/command.h"
#include "src/cli/restore.h"
#include "src/cli/run_targets.h"
#include "src/patch/undo_files.h"

namespace goldhive::cli {
namespace {

struct ListFlags {
  TargetFlags targets;
  OutputFlags output;
};

/// What patches left to be taken back; nothing where that cannot be told.
std::vector<report::UndoFileReport> undo_files_at(const Host& host, const ReadStorage& storage,
                                                  const std::string& target) {
  try {
    const target::TargetName name = target::split_target(storage, target);
    return patch::undo_file_reports(
        storage,
        patch::undo_files_of(storage, name, make_absolute(name.path, host.folders.working),
                             undo_options(host, {})),
        std::nullopt);
  } catch (const Error&) {
    return {};
  }
}

int list(Host& host, const ListFlags& flags) {
  target::Options options = target_options(host, flags.targets, nullptr);
  options.may_be_empty = true;
  Output output(host, report::Command::list, flags.output, flags.targets.verbose);
  const report::Report report = run_targets(
      host, report::Command::list, nullptr, flags.targets, output,
      [&](const ReadStorage& storage, const Target& target, IoCounter&) {
        report::TargetReport listed = target::inspect_target(storage, target.path, options);
        listed.undo_files = undo_files_at(host, storage, target.path);
        return listed;
      });
  output.finish(report);
  return exit_code_of(report);
}

}  // namespace

Command list_command() {
  const auto flags = std::make_shared<ListFlags>();
  Command command{.name = "list",
                  .summary = "Show what is in a target: volumes, installations, hives"};
  add_target_flags(command, flags->targets);
  add_output_flags(command, flags->output, report::Command::list);
  command.footer =
      "Exit code: 0 (for a target without Windows, too), or 2 where one could not be read.";
  command.run = [flags](Host& host) { return list(host, *flags); };
  return command;
}

}  // namespace goldhive::cli
