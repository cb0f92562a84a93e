// Extended attributes of an open file; POSIX ACLs and security labels are some of them.
#pragma once

#include <string>

#include "imgtools/host/storage.h"

namespace goldhive {

/// Gives `target` all extended attributes of `source` and takes away an ACL that it has
/// not, which a new file may inherit from its folder. Passes over those that only the system may
/// set. Throws Error(refused) if one of the user's own, or an ACL, cannot be set; `name` is for
/// messages.
void copy_extended_attributes(int source, int target, const std::string& name);

/// What a file may do when it is run ("security.capability"), which the system takes from it as
/// soon as it is written; "" if that is nothing.
std::string read_capability(int file);
/// Sets it again, where this user may.
void write_capability(int file, const std::string& capability);

/// See ChangeMark.
ChangeMark read_change_mark(int file);
/// See WritableFile::mark_change(). `name` is for messages.
void write_change_mark(int file, const std::string& journal, const std::string& name);

}  // namespace goldhive
