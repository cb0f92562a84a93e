// A question to the user before something that is done to many files at once.
#pragma once

#include <string>
#include <vector>

#include "src/cli/cli.h"

namespace goldhive::cli {

/// Whether there is somebody to ask: a terminal to ask on and one to answer at, which no list of
/// targets comes from ("-" among `targets`).
bool can_ask(const Host& host, const std::vector<std::string>& targets);

/// Asks on standard error: "Patch 27 images? [y/N] ". True for y and yes in any case.
bool agrees(Host& host, const std::string& question);

}  // namespace goldhive::cli
