// The judges are programs of Linux; under wine there are none.
#include <catch2/catch.hpp>

#include "tests/skip.h"
#include "tests/support/tools.h"

namespace goldhive::testing {

bool have_tool(const std::string& name) {
  skip("there is no " + name + " on Windows");
  return false;
}

ToolResult run_tool(const std::vector<std::string>& command, const std::string&) {
  return {-1, command.front() + " is not there on Windows"};
}

std::string must_run(const std::vector<std::string>& command, const std::string& input) {
  FAIL(run_tool(command, input).output);
  return {};
}

}  // namespace goldhive::testing
