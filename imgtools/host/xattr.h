// Extended attributes of an open file; POSIX ACLs and security labels are some of them.
#pragma once

#include <string>

#include "imgtools/host/storage.h"

namespace goldhive {

/// Gives `target` all extended attributes of `source`. Passes over those that only the system may
/// set. Throws Error(refused) if one of the user's own, or an ACL, cannot be set; `name` is for
/// messages.
void copy_extended_attributes(int source, int target, const std::string& name);

/// See ChangeMark.
ChangeMark read_change_mark(int file);
/// See WritableFile::mark_change(). `name` is for messages.
void write_change_mark(int file, const std::string& journal, const std::string& name);

}  // namespace goldhive
