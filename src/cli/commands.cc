// The table of commands.
#include <set>

#include "src/cli/command.h"

namespace goldhive::cli {
namespace {

void add_to_all(Command& command, ConfigFlags& config) {
  add_config_flags(command, config);
  command.flags.insert(command.flags.begin(), {.names = {"-h", "--help"},
                                               .help = "Print this help message and exit",
                                               .group = Group::general,
                                               .value = Ask::help});
  for (Command& inner : command.commands) add_to_all(inner, config);
}

/// Shows what may stand before a command: the general flags of all of them, each once.
void add_general(Command& program) {
  std::set<std::string> known;
  for (const Command& command : program.commands) {
    for (const Flag& flag : command.flags) {
      if (flag.is_general() && known.insert(flag.names.front()).second) {
        program.flags.push_back(flag);
      }
    }
  }
}

}  // namespace

const std::vector<MakeCommand>& commands() {
  static const std::vector<MakeCommand> table = {
      scan_command,    list_command,   plan_command,       patch_command,   undo_command,
      recover_command, verify_command, report_command,     compare_command, explain_command,
      policy_command,  config_command, completions_command};
  return table;
}

Command program(ConfigFlags& config) {
  Command all{.name = "goldhive",
              .summary = "Audits and patches the TLS settings of Windows images at rest"};
  all.flags.push_back({.names = {"-V", "--version"},
                       .help = "Show the version, the libraries, what is missing",
                       .group = Group::general,
                       .value = Ask::version});
  for (const MakeCommand make : commands()) all.commands.push_back(make());
  add_general(all);
  add_to_all(all, config);
  all.footer =
      "Exit code: 0 compliant, 1 findings, 2 undetermined or error, 130 interrupted.\n"
      "Examples:\n"
      "  goldhive scan install.wim            what is right, wrong or unknown, and why\n"
      "  goldhive plan install.wim            what a patch would change; nothing is written\n"
      "  goldhive patch install.wim           change it, crash-safe, and scan again\n"
      "  goldhive undo install.wim            take that back, byte for byte";
  return all;
}

}  // namespace goldhive::cli
