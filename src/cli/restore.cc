#include "src/cli/restore.h"

#include "src/cli/run_targets.h"

namespace goldhive::cli {

UndoOptions undo_options(const Host& host, const UndoFlags& flags) {
  UndoOptions options;
  options.keep = !flags.no_undo;
  options.directory = flags.directory;
  options.fallback_dir = host.folders.state;
  return options;
}

Links links_of(bool all_links, bool break_links) {
  if (all_links && break_links) {
    throw Error(ErrorKind::usage, "--all-links and --break-links contradict each other");
  }
  if (all_links) return Links::change_all;
  return break_links ? Links::break_off : Links::refuse;
}

OpenOptions open_options(const Host& host, const TargetFlags& targets) {
  OpenOptions options;
  options.scratch_directory = host.folders.scratch;
  options.input_format = targets.input_format;
  options.parent_folders = targets.parent_dirs;
  options.depth = 0;
  options.max_unpacked = UINT64_MAX;
  return options;
}

int restore_targets(Host& host, report::Command command, const TargetFlags& targets,
                    const OutputFlags& output_flags, const RestoreTarget& restore) {
  TargetFlags in_order = targets;
  in_order.jobs = 1;  // a target that is named twice is put back twice, step by step
  Output output(host, command, output_flags, false);
  const report::Report report = run_targets(
      host, command, nullptr, in_order, output,
      [&](const ReadStorage&, const Target& target, IoCounter& counter) {
        CountingStorage storage(host.output, counter, targets.trusted, no_link(target));
        report::TargetReport result;
        result.path = target.path;
        result.restore.emplace();
        try {
          restore(storage, target::split_target(storage, target.path), target.found, result);
        } catch (const Error& e) {
          result.error = e.at(target.path);
        }
        result.restore->removed = storage.names().removed();
        return result;
      });
  output.finish(report);
  return exit_code_of(report);
}

}  // namespace goldhive::cli
