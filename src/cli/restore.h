// What the commands share that put old bytes back, or keep them: where undo files lie, how targets
// are opened, and the report on them.
#pragma once

#include <functional>
#include <string>

#include "imgtools/change/undo.h"
#include "src/cli/cli.h"
#include "src/cli/flags.h"
#include "src/target/inspect_target.h"

namespace goldhive::cli {

struct UndoFlags {
  bool no_undo = false;
  std::string directory;
};
UndoOptions undo_options(const Host& host, const UndoFlags& flags);

/// How undo and recover open a target: they look for journals, not for images inside archives.
OpenOptions open_options(const Host& host, const std::string& input_format = "");

/// Puts a target back through `storage` and says in `report.restore` what it did. May throw Error.
using RestoreTarget =
    std::function<void(Storage& storage, const TargetName& name, report::TargetReport& report)>;
/// The targets one after the other, as a patch takes them; returns the exit code.
int restore_targets(Host& host, const std::string& command, const TargetFlags& targets,
                    const OutputFlags& output, const RestoreTarget& restore);

}  // namespace goldhive::cli
