// The commands. Each is one file cmd_<name>.cc with one function, and one row in commands.cc.
#pragma once

#include <vector>

#include "src/cli/arguments.h"
#include "src/cli/cli.h"
#include "src/cli/config.h"

namespace goldhive::cli {

/// Describes a command anew, with values of its own for the flags.
using MakeCommand = Command (*)();

Command scan_command();
Command list_command();
Command plan_command();
Command patch_command();
Command undo_command();
Command recover_command();
Command report_command();
Command compare_command();
Command verify_command();
Command explain_command();
Command policy_command();
Command config_command();
Command completions_command();

/// All of them, in the order of --help.
const std::vector<MakeCommand>& commands();

/// The whole command line: goldhive with its commands, and --help and --config with each of them.
Command program(ConfigFlags& config);

}  // namespace goldhive::cli
