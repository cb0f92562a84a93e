// Paths of the host as text. Nothing here touches the file system but follow_links().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "imgtools/host/storage.h"

namespace goldhive {

/// Links that are followed for one path, as by Linux: more lead in a circle.
constexpr int max_links = 40;

/// '/', on Windows also '\'.
bool is_separator(char c);
/// True of a path that does not depend on the current folder; on Windows also of "\x" and "C:x",
/// which depend on one all the same, but not on the folder of what names them.
bool is_absolute(const std::string& path);
/// On Windows ':'; a character that makes a name something else than a file in its folder.
bool is_special(char c);
/// What is the same for two spellings of a path that mean one file: on Windows neither case nor the
/// kind of separator counts.
std::string comparable(const std::string& path);
/// The folder that holds `path`: "" if there is none, "/" for "/x" ("C:\" for "C:\x").
std::string parent_of(const std::string& path);
/// The last part of `path`; "" if it ends in a separator.
std::string base_name(const std::string& path);
/// "folder/name"; `name` alone if `folder` is "".
std::string join_path(const std::string& folder, const std::string& name);
/// With '/' as its only separator, as paths inside images have it.
std::string with_slashes(std::string path);
/// "a/b//" -> "a/b"; "/" stays.
std::string without_trailing_separators(std::string path);
/// True for a name that stays in its folder: not empty, no separator or special character, not "."
/// or "..".
bool is_plain_name(const std::string& name);

/// The parts of a path inside an image or a journal, which '/' divides; empty ones are left out.
std::vector<std::string> path_parts(std::string_view path, std::string_view separators = "/");
/// True for a relative path inside an image that stays below where it begins, and for "".
bool is_inner_folder(const std::string& folder);

/// The path with its last part resolved while that is a symbolic link: where a file really lies, so
/// that what belongs beside it is put beside it. Error(io) after too many links.
std::string follow_links(const ReadStorage& storage, const std::string& path);

}  // namespace goldhive
