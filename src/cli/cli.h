// The command line as a library: main.cc is a shell around run(), and the tests call it too.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace goldhive::cli {

/// Runs `arguments` (without the program name). Results go to `out`, messages to `err`.
/// Returns the exit code (exit_codes.h).
int run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

}  // namespace goldhive::cli
