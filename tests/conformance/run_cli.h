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

/// Patches what must be refused. Checks that plan said so before: for the same installations, or of
/// the target as a whole, by the same errors. Returns what patch did.
RunResult refused_patch(const std::string& path);

}  // namespace goldhive::testing
