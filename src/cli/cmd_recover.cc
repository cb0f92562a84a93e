// goldhive recover: rolls back what a cut-off patch or undo left.
#include <ostream>

#include "src/cli/command.h"
#include "src/cli/patch_target.h"
#include "src/cli/survey.h"
#include "src/cli/undo_flags.h"
#include "src/report/printable.h"

namespace goldhive::cli {
namespace {

struct RecoverFlags {
  std::vector<std::string> targets;
  std::string input_format;
  bool force = false;
};

int recover_all(Host& host, const RecoverFlags& flags) {
  int exit_code = exit_compliant;
  for (const std::string& target : flags.targets) {
    try {
      const std::vector<std::string> journals = recover_target(
          host.output, {target, ""}, open_options(host, flags.input_format), flags.force);
      host.out << report::printable(target)
               << (journals.empty() ? ": nothing to recover\n" : ": rolled back\n");
    } catch (const Error& e) {
      say(host, e.at(target).what());
      exit_code = exit_error;
    }
  }
  return exit_code;
}

}  // namespace

void add_recover(CLI::App& app, Host& host, int& exit_code) {
  CLI::App* command = app.add_subcommand("recover", "Roll back a patch that was cut off");
  const auto flags = std::make_shared<RecoverFlags>();
  command->add_option("TARGET", flags->targets, "what was being patched")->required();
  command
      ->add_option("--input-format", flags->input_format,
                   "take the targets for this format instead of telling by content")
      ->type_name("NAME");
  command->add_flag("--force", flags->force,
                    "roll back although a file is in a state the patch cannot have left");
  command->footer(
      "patch and undo do the same before they start; scan reads through the journal and writes\n"
      "nothing. Exit code: 0 recovered or nothing to do, 2 error or refused.");
  command->callback([&host, &exit_code, flags] { exit_code = recover_all(host, *flags); });
}

}  // namespace goldhive::cli
