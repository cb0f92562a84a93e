// Which entry of a saved plan is meant for which installation.
//
// A plan is made on one machine and carried out on another, on a copy, under another name. So the
// name of a target decides nothing: an entry fits an installation of the same Windows version and
// architecture that holds, at every place the entry changes, exactly what the entry expects there.
// A name only decides between entries and installations that fit alike.
#pragma once

#include <string>
#include <vector>

#include "src/policy/plan.h"

namespace goldhive::policy {

/// "6.1.7601 amd64": what an entry and the installation that it is for have in common.
std::string system_of(const windows::Installation& installation);

/// Why the entry is not for this installation, in words that follow the name of the entry: "is for
/// 6.2.9200 x86, and this is 6.1.7601 amd64"; "" if it is.
std::string why_not(const SavedPlan::Entry& entry, const windows::Installation& installation);

/// For each installation of the target at `path`, of which there is at least one, its entry or
/// null. An entry that has the id of an installation is for that one, whatever it holds: the patch
/// will say what it misses. Otherwise it goes to the installation at the same place of the target,
/// or to the only one that it fits. Error(refused) if no entry fits (says why the nearest does
/// not), or if more than one choice is left and these would make different changes.
std::vector<const SavedPlan::Entry*> assign(
    const SavedPlan& plan, const std::string& path,
    const std::vector<const windows::Installation*>& installations);

}  // namespace goldhive::policy
