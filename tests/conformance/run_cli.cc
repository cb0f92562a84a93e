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

namespace {

/// Errors by what they are of: an installation, or the target where that is not of one of them.
nlohmann::json errors_of(const nlohmann::json& report) {
  nlohmann::json found = nlohmann::json::object();
  for (const nlohmann::json& target : report.at("targets")) {
    for (const nlohmann::json& installation : target.at("installations")) {
      if (installation.contains("refusal")) {
        found[installation.at("id").get<std::string>()] = installation.at("refusal");
      }
    }
    if (found.empty()) found[target.at("path").get<std::string>()] = target.at("error");
  }
  return found;
}

}  // namespace

RunResult refused_patch(const std::string& path) {
  const nlohmann::json planned = run_cli({"plan", "-f", "json", path}).json();
  const nlohmann::json patched = run_cli({"patch", "-f", "json", path}).json();
  CHECK(errors_of(planned) == errors_of(patched));
  const RunResult patch = run_cli({"patch", path});
  CHECK(patch.status == 2);
  return patch;
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
