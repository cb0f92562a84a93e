// The only files that a journal of a folder concerns: hives, and the logs of these, which the patch
// of a dirty hive spends. Any other file has a journal of its own beside it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/change/journal_targets.h"
#include "imgtools/host/storage.h"

namespace goldhive {

/// Whether a file called `name` is a log of the hive that is called `hive`, in any case.
bool is_log_of(const std::string& name, const std::string& hive);

/// Looks at a file of the folder that `journal` is of; `names` are all its targets. Returns the
/// size, nullopt if there is no such file. Error(refused) for what a patch of a folder never
/// changes: a file of ours, the disk inside an image, a log whose hive is not among the targets, a
/// link, anything but a regular file, and a file that is no log and does not begin as a hive does.
/// With `vouched_for` the file may be a hive whose beginning was damaged.
std::optional<std::uint64_t> admit_hive(const ReadStorage& storage, const std::string& journal,
                                        const std::string& folder, const std::string& name,
                                        const std::vector<std::string>& names, bool vouched_for);

/// The same last question, asked of an open file.
void require_hive(const TargetView& file, const std::string& journal, const std::string& name);

}  // namespace goldhive
