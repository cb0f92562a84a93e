// What the commands undo, recover and patch share: where undo files lie, how the first two open
// their targets, and the report that they make.
#pragma once

#include <functional>
#include <string>

#include "imgtools/candidate.h"
#include "imgtools/change/links.h"
#include "imgtools/change/undo_place.h"
#include "src/cli/cli.h"
#include "src/cli/flags.h"
#include "src/report/report.h"
#include "src/target/target_name.h"

namespace goldhive::cli {

struct UndoFlags {
  bool no_undo = false;
  std::string directory;
};
/// What the flags say of files with other names. Error(usage) if they contradict each other.
Links links_of(bool all_links, bool break_links);
UndoOptions undo_options(const Host& host, const UndoFlags& flags);

/// How undo and recover open a target. They look for journals of the file itself, so they do not
/// open images inside archives.
OpenOptions open_options(const Host& host, const TargetFlags& targets);

/// Puts a target back through `storage` and says in `report.restore` what it did. May throw Error.
/// `found`: in a folder, not named by the user.
using RestoreTarget = std::function<void(Storage& storage, const target::TargetName& name,
                                         bool found, report::TargetReport& report)>;
/// Calls `restore` for one target after the other, in the order of a patch. Returns the exit code.
int restore_targets(Host& host, report::Command command, const TargetFlags& targets,
                    const OutputFlags& output, const RestoreTarget& restore);

}  // namespace goldhive::cli
