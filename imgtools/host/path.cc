#include "imgtools/host/path.h"

#include <algorithm>

#include "imgtools/bytes/error.h"

namespace goldhive {

namespace {

std::size_t last_separator(const std::string& path) {
  for (std::size_t i = path.size(); i > 0; --i) {
    if (is_separator(path[i - 1])) return i - 1;
  }
  return std::string::npos;
}

}  // namespace

std::string parent_of(const std::string& path) {
  const std::size_t at = last_separator(path);
  if (at == std::string::npos) return "";
  const bool is_root = at == 0 || is_special(path[at - 1]);
  return path.substr(0, is_root ? at + 1 : at);
}

std::string base_name(const std::string& path) {
  const std::size_t at = last_separator(path);
  return at == std::string::npos ? path : path.substr(at + 1);
}

std::string join_path(const std::string& folder, const std::string& name) {
  if (folder.empty()) return name;
  return is_separator(folder.back()) ? folder + name : folder + "/" + name;
}

std::string with_slashes(std::string path) {
  std::replace_if(path.begin(), path.end(), is_separator, '/');
  return path;
}

std::string without_trailing_separators(std::string path) {
  while (path.size() > 1 && is_separator(path.back())) path.pop_back();
  return path;
}

bool is_plain_name(const std::string& name) {
  for (const char c : name) {
    if (is_separator(c) || is_special(c) || c == '\0') return false;
  }
  return !name.empty() && name != "." && name != "..";
}

std::vector<std::string> path_parts(std::string_view path, std::string_view separators) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find_first_of(separators), path.size());
    if (end > 0) parts.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return parts;
}

bool is_inner_folder(const std::string& folder) {
  std::size_t start = 0;
  while (start < folder.size()) {
    const std::size_t end = std::min(folder.find('/', start), folder.size());
    if (!is_plain_name(folder.substr(start, end - start))) return false;
    start = end + 1;
  }
  return folder.empty() || folder.back() != '/';
}

std::string follow_links(const ReadStorage& storage, const std::string& path) {
  std::string current = path;
  for (int links = 0; links <= max_links; ++links) {
    const std::optional<std::string> target = storage.read_link(current);
    if (!target) return current;
    current = is_absolute(*target) ? *target : join_path(parent_of(current), *target);
  }
  throw Error(ErrorKind::io, "too many symbolic links in a row", path);
}

}  // namespace goldhive
