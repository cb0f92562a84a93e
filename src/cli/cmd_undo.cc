// goldhive undo: takes the last patch of a target back, byte for byte.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "src/cli/command.h"
#include "src/cli/patch_target.h"
#include "src/cli/survey.h"
#include "src/cli/undo_flags.h"
#include "src/report/printable.h"

namespace goldhive::cli {
namespace {

struct UndoCommandFlags {
  std::vector<std::string> targets;
  UndoFlags undo;
  bool force = false;
};

/// Which part of one patch an undo file is; 1 where it does not say.
std::size_t part_of(const std::string& metadata) {
  const nlohmann::json parsed = nlohmann::json::parse(metadata, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("part")) return 1;
  return parsed["part"].is_number_unsigned() ? parsed["part"].get<std::size_t>() : 1;
}

/// One patch may have left several undo files, one an installation: all of them are taken back.
void undo_target(Host& host, const std::string& target, const UndoCommandFlags& flags) {
  Storage& storage = host.output;
  if (!storage.stat(target)) throw Error(ErrorKind::not_found, "no such file or folder", target);
  for (const std::string& journal :
       recover_target(storage, {target, ""}, open_options(host), false)) {
    say(host, target + ": rolled back a patch that was cut off (" + journal + ")");
  }
  const JournalPlace place = place_of(storage, target, make_absolute(target, host.places.working),
                                      undo_options(host, flags.undo));
  for (std::size_t part = 0; part != 1;) {
    const std::optional<std::string> file = newest_undo_file(storage, place);
    if (!file) {
      throw Error(ErrorKind::not_found,
                  "no undo file: it was not patched, or with --no-undo, or its undo file lies "
                  "elsewhere (--undo-dir)",
                  target);
    }
    const UndoResult result = undo(storage, place, *file, flags.force);
    for (const std::string& path : result.targets) {
      host.out << report::printable(path) << (result.changed ? ": restored\n" : ": as it was\n");
    }
    part = part_of(result.metadata);
  }
}

int undo_all(Host& host, const UndoCommandFlags& flags) {
  int exit_code = exit_compliant;
  for (const std::string& target : flags.targets) {
    try {
      undo_target(host, target, flags);
    } catch (const Error& e) {
      say(host, e.at(target).what());
      exit_code = exit_error;
    }
  }
  return exit_code;
}

}  // namespace

void add_undo(CLI::App& app, Host& host, int& exit_code) {
  CLI::App* command = app.add_subcommand("undo", "Take the last patch back, byte for byte");
  const auto flags = std::make_shared<UndoCommandFlags>();
  command->add_option("TARGET", flags->targets, "what was patched, as it was named then")
      ->required();
  command
      ->add_option("--undo-dir", flags->undo.directory,
                   "look for undo files in this folder (default: beside the target)")
      ->type_name("DIR");
  command->add_flag("--force", flags->force,
                    "put the old bytes back although the target was changed since the patch");
  command->footer("Exit code: 0 restored, 2 error or refused.");
  command->callback([&host, &exit_code, flags] { exit_code = undo_all(host, *flags); });
}

}  // namespace goldhive::cli
