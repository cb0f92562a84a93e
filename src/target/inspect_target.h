// From the name of a target to findings: visit_target() -> windows::inspect() ->
// policy::evaluate(). scan, list and plan report what comes of it; patch judges by judge() as well.
#pragma once

#include <string>

#include "src/target/visit_target.h"

namespace goldhive::target {

/// What the policy of `options` finds in an installation; nothing if there is no policy.
report::InstallationReport judge(windows::Installation facts, const Options& options);

/// Why a patch refuses whatever it is to change in the volume; nullopt if nothing is known to be in
/// the way. What is merely marked dirty can be forced, anything else cannot.
std::optional<Error> refusal(const VisitedVolume& visited, bool force_unclean);

/// What to do with a target that was judged, while it is open; `volumes` has the volume of each of
/// its installations. May throw Error, which becomes that of the report.
using AfterInspection = std::function<void(
    const OpenTarget& open, const std::vector<std::size_t>& volumes, report::TargetReport& target)>;

/// Judges a target by options.policy. Not settled.
report::TargetReport inspect_target(const ReadStorage& storage, const std::string& target,
                                    const Options& options, const AfterInspection& after = {});

}  // namespace goldhive::target
