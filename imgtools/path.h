// Paths of the host as text. Nothing here touches the file system but follow_links().
#pragma once

#include <string>

#include "imgtools/storage.h"

namespace goldhive {

/// '/', on Windows also '\'.
bool is_separator(char c);
/// The folder that holds `path`: "" if there is none, "/" for "/x".
std::string parent_of(const std::string& path);
/// The last part of `path`; "" if it ends in a separator.
std::string base_name(const std::string& path);
/// "folder/name"; `name` alone if `folder` is "".
std::string join_path(const std::string& folder, const std::string& name);
/// "a/b//" -> "a/b"; "/" stays.
std::string without_trailing_separators(std::string path);
/// True for a name that stays in its folder: not empty, no separator, not "." or "..".
bool is_plain_name(const std::string& name);

/// The path with its last part resolved while that is a symbolic link: where a file really lies, so
/// that what belongs beside it is put beside it. Error(io) after too many links.
std::string follow_links(const ReadStorage& storage, const std::string& path);

}  // namespace goldhive
