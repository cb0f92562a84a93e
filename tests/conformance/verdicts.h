// What a report says of an installation, without what names the target it lies in.
#pragma once

#include <regex>

#include "tests/conformance/windows_disk.h"

namespace goldhive::testing {

inline nlohmann::json without_target(nlohmann::json installation) {
  installation.erase("id");
  const std::regex prefix("\"[^\"]*(Windows/System32/config/)");
  return nlohmann::json::parse(std::regex_replace(installation.dump(), prefix, "\"$1"));
}

/// Of the first installation of the first target.
inline nlohmann::json verdicts(const nlohmann::json& report) {
  return without_target(report.at("targets").at(0).at("installations").at(0));
}

}  // namespace goldhive::testing
