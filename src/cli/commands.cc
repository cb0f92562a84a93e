// The table of commands.
#include "src/cli/command.h"

namespace goldhive::cli {
namespace {

void add_help(Command& command) {
  command.flags.insert(command.flags.begin(), {.names = {"-h", "--help"},
                                               .help = "Print this help message and exit",
                                               .group = Group::general,
                                               .value = Ask::help});
  for (Command& inner : command.commands) add_help(inner);
}

}  // namespace

const std::vector<MakeCommand>& commands() {
  static const std::vector<MakeCommand> table = {
      scan_command,    list_command,   plan_command,   patch_command,   undo_command,
      recover_command, verify_command, report_command, explain_command, policy_command};
  return table;
}

Command program() {
  Command all{.name = "goldhive",
              .summary = "Audits and patches the TLS settings of Windows images at rest"};
  all.flags.push_back({.names = {"--version"},
                       .help = "Show the version, the libraries, what is missing",
                       .group = Group::general,
                       .value = Ask::version});
  for (const MakeCommand make : commands()) all.commands.push_back(make());
  add_help(all);
  return all;
}

}  // namespace goldhive::cli
