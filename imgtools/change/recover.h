// The door by which a change goes that was cut off (transact.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "imgtools/host/storage.h"

namespace goldhive {

/// Rolls back the transaction that left a hot journal, or the record of a replacement, for
/// `file`, in all its targets, and removes the leavings of one that died before it began.
/// Returns the path of the journal that was worked off, nullopt if there was none. Safe to
/// interrupt and to repeat. Error(refused) if a target is in use, or in a state that the
/// transaction cannot have left; `force` rolls back in spite of the latter. Error(refused) also for
/// a journal that concerns a file which is neither `file` nor one of `opened`: those that the
/// command has opened for the same target. None of these is followed if it is a symbolic link.
std::optional<std::string> recover(Storage& storage, const std::string& file, bool force,
                                   const std::vector<std::string>& opened = {});

/// What has a name that a change of `file` gives to files that it is making, or keeps, and is not
/// known to be left over from one: it stays, and no change is made that needs that name. To be
/// called when none is hot.
std::vector<std::string> foreign_leftovers(const ReadStorage& storage, const std::string& file);

}  // namespace goldhive
