// The command line, in process, on the real host.
#pragma once

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "src/cli/cli.h"

namespace goldhive::testing {

struct RunResult {
  int status = 0;
  std::string out;
  std::string err;

  nlohmann::json json() const;  ///< what it printed, parsed
};

RunResult run_cli(const std::vector<std::string>& arguments);

}  // namespace goldhive::testing
