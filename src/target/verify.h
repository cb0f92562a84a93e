// The structural check of the hives of a target.
#pragma once

#include <string>

#include "src/target/visit_target.h"

namespace goldhive::target {

/// Checks every SOFTWARE and SYSTEM of the target, or the hive that the target is, whatever its
/// kind. A dirty hive is checked as recovered from its logs, unless `options` switches that off.
report::TargetReport verify_target(const ReadStorage& storage, const std::string& target,
                                   const Options& options);

}  // namespace goldhive::target
