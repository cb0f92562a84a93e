// The loop over targets that the commands share. Targets are worked on side by side, and reported
// in the order in which they were given: each is counted, its errors go to stderr, and its results
// are shown at once where the format of the output allows that.
#pragma once

#include <functional>
#include <string>

#include "src/cli/counting_storage.h"
#include "src/cli/flags.h"
#include "src/cli/output.h"
#include "src/cli/targets.h"

namespace goldhive::cli {

/// What a command does to one target: inspect_target() or the like. Called by several threads. A
/// command that reads through a storage of its own counts its reads by `counter`.
using RunOnTarget = std::function<report::TargetReport(const ReadStorage& storage,
                                                       const Target& target, IoCounter& counter)>;

/// Calls `run` for every target. The storage that it gets reads through hot journals: a target
/// whose patch was cut off is seen as it was before. A bad target becomes an error in the report
/// and a line on stderr, and the others are worked on all the same. The report holds the targets
/// only if the output needs them. The caller calls Output::finish().
/// `before` is told the targets before the first is looked at; what it throws is thrown.
/// `judged`: by what the targets are judged, null if they are not.
report::Report run_targets(Host& host, report::Command command, const target::Options* judged,
                           const TargetFlags& targets, Output& output, const RunOnTarget& run,
                           const std::function<void(const std::vector<Target>& all)>& before = {});

/// "goldhive: <message>" on stderr, safe to show.
void say(Host& host, const std::string& message);

}  // namespace goldhive::cli
