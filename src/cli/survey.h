// The loop that scan and list share: targets one after the other, each counted, reported, written.
#pragma once

#include <string>

#include "src/cli/flags.h"
#include "src/cli/output.h"

namespace goldhive::cli {

/// Looks at every target and writes the report named `command`. A bad target is an error in the
/// report and a line on stderr; the others are still looked at. Returns the settled report.
report::Report survey(Host& host, const std::string& command, const TargetFlags& targets,
                      const OutputFlags& output, const policy::Policy* policy);

/// "goldhive: <message>" on stderr, safe to show.
void say(Host& host, const std::string& message);

}  // namespace goldhive::cli
