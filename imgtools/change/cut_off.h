// What both ways of changing files (journal.h, replacement.h) ask before they begin.
#pragma once

#include <string>

#include "imgtools/host/storage.h"

namespace goldhive {

/// Error(refused) if a change of `file`, which is no symbolic link, was cut off, in either way, and
/// is not rolled back.
void refuse_cut_off(const ReadStorage& storage, const std::string& file);

}  // namespace goldhive
