// The templates of the JSON library are compiled here, once for all tests.
#include "tests/conformance/run_cli.h"

#include <sstream>

#include "src/cli/cli.h"
#include "tests/conformance/verdicts.h"
#include "tests/support/regex.h"

namespace goldhive::testing {

nlohmann::json RunResult::json() const { return nlohmann::json::parse(out); }

RunResult run_cli(const std::vector<std::string>& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  RunResult result;
  result.status = cli::run(arguments, out, err);
  result.out = out.str();
  result.err = err.str();
  return result;
}

nlohmann::json without_target(nlohmann::json installation) {
  installation.erase("id");
  return nlohmann::json::parse(
      replace_all(installation.dump(), "\"[^\"]*(Windows/System32/config/)", "\"$1"));
}

nlohmann::json verdicts(const nlohmann::json& report) {
  return without_target(report.at("targets").at(0).at("installations").at(0));
}

}  // namespace goldhive::testing
