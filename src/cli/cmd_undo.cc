// goldhive undo: takes the last patch of a target back, byte for byte.
#include "imgtools/disk/disk_storage.h"
#include "src/cli/command.h"
#include "src/cli/restore.h"
#include "src/cli/run_targets.h"
#include "src/patch/patch_target.h"
#include "src/patch/undo_note.h"
#include "src/patch/undo_place.h"

namespace goldhive::cli {
namespace {

struct UndoCommandFlags {
  TargetFlags targets;
  OutputFlags output;
  UndoFlags undo;
  bool force = false;
};

/// One undo takes back all that the last patch of a target changed. Error(refused) where `name`
/// asks for less, or for something else.
void require_asked_for(const ReadStorage& storage, const std::string& undo_file,
                       const TargetName& name) {
  if (name.selector.empty()) return;  // all that there is
  const UndoNote note = parse_undo_note(undo_metadata(storage, undo_file));
  std::string others;
  bool any = false;
  for (const std::string& changed : note.installations) {
    if (selects(name.selector, changed)) {
      any = true;
    } else {
      others += (others.empty() ? "" : ", ") + name.path + changed;
    }
  }
  if (others.empty()) return;
  const std::string why = any ? " as well, and an undo takes all of it back"
                              : ", and patches are taken back in turn, the last one first";
  throw Error(ErrorKind::refused,
              "the last patch changed " + others + why + ": goldhive undo " + name.path,
              name.path + name.selector);
}

/// One patch may have left several undo files, one an installation: all of them are taken back.
void undo_target(const Host& host, Storage& storage, const TargetName& name,
                 const UndoCommandFlags& flags, report::TargetReport& report) {
  if (!storage.stat(name.path)) {
    throw Error(ErrorKind::not_found, "no such file or folder", name.path);
  }
  report.format = detect_format(storage, name.path);
  const JournalPlace place =
      undo_place(storage, name.path, make_absolute(name.path, host.places.working),
                 undo_options(host, flags.undo));
  try {
    report.restore->journals = recover_target(
        storage, {name.path, ""}, open_options(host, flags.targets.input_format), false);
  } catch (const Error&) {
    // A target that was damaged since cannot be opened, but it can be put back.
    if (!newest_undo_file(storage, place)) throw;
  }
  for (std::size_t part = 0; part != 1;) {
    const std::optional<std::string> file = newest_undo_file(storage, place);
    if (!file) {
      throw Error(ErrorKind::not_found,
                  "no undo file: it was not patched, or with --no-undo, or its undo file lies "
                  "elsewhere (--undo-dir)",
                  name.path);
    }
    if (part == 0) require_asked_for(storage, *file, name);
    const UndoResult result = undo(storage, place, *file, flags.force);
    for (const std::string& path : result.targets) {
      report.restore->files.push_back({without_disk_inside(path), result.changed});
    }
    part = parse_undo_note(result.metadata).part;
  }
}

int undo_all(Host& host, const UndoCommandFlags& flags) {
  return restore_targets(
      host, "undo", flags.targets, flags.output,
      [&](Storage& storage, const TargetName& name, report::TargetReport& report) {
        undo_target(host, storage, name, flags, report);
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
