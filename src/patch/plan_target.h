// What a patch would change in one target, and what of it would be refused (preparation.h). Nothing
// is written.
#pragma once

#include <string>

#include "src/patch/patch_target.h"

namespace goldhive::patch {

/// As target::inspect_target(), with `changes` of each installation, and its `refusal` where a
/// patch by these settings would refuse to make them. A patch that was cut off is taken for rolled
/// back where `storage` reads it so.
report::TargetReport plan_target(const ReadStorage& storage, const std::string& target,
                                 const std::string& absolute_path, const PatchSettings& settings);

}  // namespace goldhive::patch
