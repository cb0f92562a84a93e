// The loop that every reading command shares: targets looked at side by side and told in the order
// they were given, each counted, its errors said, and shown as soon as its format can.
#pragma once

#include <functional>
#include <string>

#include "src/cli/counting_storage.h"
#include "src/cli/flags.h"
#include "src/cli/output.h"

namespace goldhive::cli {

/// What a command makes of one target: inspect_target() or the like. Called by several threads.
/// What it does through a storage of its own it counts by `counter`.
using LookAtTarget = std::function<report::TargetReport(
    const ReadStorage& storage, const std::string& target, IoCounter& counter)>;

/// Looks at every target, through hot journals: a target with a patch cut off is seen as it was
/// before. A bad target is an error in the report and a line on stderr; the others are still looked
/// at. Returns the report, with the targets if the output needs them; Output::finish() is left to
/// the caller.
report::Report run_targets(Host& host, report::Command command, const std::string& policy,
                           const TargetFlags& targets, Output& output, const LookAtTarget& look);

/// "goldhive: <message>" on stderr, safe to show.
void say(Host& host, const std::string& message);

}  // namespace goldhive::cli
