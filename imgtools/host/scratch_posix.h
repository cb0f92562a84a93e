// Temporary files of a POSIX host. They hold bytes of hives, and hives hold secrets, so nothing of
// them may be left when a run is killed.
//
// Where the system can, they have no name. Where it cannot (a file system without O_TMPFILE for a
// moment, a library that wants a path where there is no /proc for as long as it reads), the file is
// locked while its run lives. Whoever makes the next one removes those of the same user that nobody
// locks.
#pragma once

#include <string>

#include "imgtools/host/descriptor_posix.h"

namespace goldhive::posix {

/// A new file in `directory` without a name; not valid, and errno, if it cannot be made.
Descriptor open_nameless_scratch(const std::string& directory);
/// The same with a name, which `path` is set to, locked.
Descriptor open_named_scratch(const std::string& directory, std::string& path);

}  // namespace goldhive::posix
