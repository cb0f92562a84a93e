// The help of a command, made from its table of flags: in groups, as the manual page has them.
#pragma once

#include <ostream>
#include <vector>

#include "src/cli/arguments.h"

namespace goldhive::cli {

/// `path`: the program, then the commands that were named, the last of which is explained. Lines
/// are folded at `width` columns.
void write_help(const std::vector<const Command*>& path, unsigned width, std::ostream& out);

/// The names of the flags that a user may give to the command: "-p", "--policy".
std::vector<std::string> flag_names(const Command& command);

}  // namespace goldhive::cli
