// Programs of others as judges: qemu-img, mkntfs, sfdisk, ... A test that needs one that is not
// installed is skipped.
#pragma once

#include <string>
#include <vector>

namespace goldhive::testing {

/// True if `name` can be run. If not, the test is marked as skipped and the caller is to return.
bool have_tool(const std::string& name);

struct ToolResult {
  int status = 0;      ///< exit status; 0 is success
  std::string output;  ///< stdout and stderr
};

/// Runs a program with its arguments (no shell sees them) and an optional text on its stdin.
ToolResult run_tool(const std::vector<std::string>& command, const std::string& input = {});

/// The same, and the test fails here if the program does.
std::string must_run(const std::vector<std::string>& command, const std::string& input = {});

}  // namespace goldhive::testing
