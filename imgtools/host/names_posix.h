// Names of files on a POSIX host: what storage_posix.cc asks of folders, links and renames.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include "imgtools/host/held_folders_posix.h"
#include "imgtools/host/storage.h"

namespace goldhive::posix {

/// Throws Error(not_found) or Error(io) for an errno: "cannot <action>: <why>".
[[noreturn]] void fail(const std::string& path, const char* action, int error);

/// c_str() of a path that has no NUL in it: "a\0b" must not silently become "a". Error(usage).
const char* c_path(const std::string& path);

FileType type_of(mode_t mode);

/// As ReadStorage::list() and ReadStorage::read_link(), whose arguments are the last ones here.
std::vector<DirectoryEntry> list_directory(const At& at, const std::string& directory);
std::optional<std::string> link_target(const At& at, const std::string& path);

/// A path of this system that opens again what is open as `fd`, in any process of this user; "" if
/// there is none (all but Linux, or no /proc).
std::string path_of_open(int fd);

/// renameat() that replaces nothing: -1 and errno EEXIST if `to` is there.
int rename_into_gap(const At& from, const At& to);

}  // namespace goldhive::posix
