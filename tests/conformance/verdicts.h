// What a report says of an installation, without what names the target it lies in.
#pragma once

#include <nlohmann/json.hpp>

namespace goldhive::testing {

/// An installation of a report without its id and without where its target is: of a path only what
/// follows the root of the Windows stays.
nlohmann::json without_target(nlohmann::json installation);

/// Of the first installation of the first target.
nlohmann::json verdicts(const nlohmann::json& report);

}  // namespace goldhive::testing
