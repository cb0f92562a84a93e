#include "imgtools/host/file_places.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/error.h"
#include "imgtools/host/path.h"

namespace goldhive {

namespace {

/// "C:" of Windows: above it there is nothing.
bool is_drive(const std::string& part) { return part.size() == 2 && is_special(part[1]); }

std::string joined(const std::string& root, const std::vector<std::string>& parts) {
  std::string path = root;
  for (const std::string& part : parts) path = join_path(path, part);
  return path;
}

/// "/", "" for a path from the working directory or a drive; on Windows "//" in front of a server.
std::string root_of(const std::string& path) {
  if (path.starts_with("//") && is_special(':')) return "//";
  return path.starts_with("/") ? "/" : "";
}

}  // namespace

std::string without_links(const ReadStorage& storage, const std::string& path) {
  const std::string given = with_slashes(path);
  std::string root = root_of(given);
  std::vector<std::string> done;
  std::vector<std::string> left = path_parts(given);  // from the back
  std::reverse(left.begin(), left.end());
  int links = 0;
  while (!left.empty()) {
    const std::string part = left.back();
    left.pop_back();
    if (part == ".") continue;
    if (part == "..") {
      if (!done.empty() && done.back() != "..") {
        if (!is_drive(done.back())) done.pop_back();
      } else if (root.empty()) {
        done.push_back(part);
      }
      continue;
    }
    done.push_back(part);
    const std::optional<std::string> target = storage.read_link(joined(root, done));
    if (!target) continue;
    if (++links > max_links) {
      throw Error(ErrorKind::io, "too many symbolic links in a row", path);
    }
    const std::string to = with_slashes(*target);
    done.pop_back();
    if (is_absolute(to)) {
      done.clear();
      root = root_of(to);
    }
    const std::vector<std::string> more = path_parts(to);
    left.insert(left.end(), more.rbegin(), more.rend());
  }
  return joined(root, done);
}

FilePlaces::FilePlaces(const ReadStorage& storage, const std::string& image,
                       std::vector<std::string> folders)
    : storage_(&storage),
      own_(without_links(storage, parent_of(image))),
      folders_(std::move(folders)) {
  for (std::string& folder : folders_) folder = without_links(storage, folder);
}

/// By the text of both paths, or by what their folders are: one can be given from the root and the
/// other from the working directory.
bool FilePlaces::is_below(const std::string& folder, const std::string& path) const {
  const std::string start = folder.empty() || is_separator(folder.back()) ? folder : folder + "/";
  const bool leads_up = path == ".." || path.starts_with("../");
  if (start.empty() ? !is_absolute(path) && !leads_up
                    : comparable(path).starts_with(comparable(start)) &&
                          !path.substr(start.size()).starts_with("..")) {
    return true;
  }
  const std::optional<FileInfo> wanted = storage_->stat(folder.empty() ? "." : folder);
  if (!wanted || wanted->type != FileType::directory || wanted->inode == 0) return false;
  for (std::string above = parent_of(path);; above = parent_of(above)) {
    const std::optional<FileInfo> info = storage_->stat(above.empty() ? "." : above);
    if (info && is_same_file(*info, *wanted)) return true;
    if (above.empty() || above == parent_of(above) || base_name(above) == "..") return false;
  }
}

bool FilePlaces::is_beside(const std::string& path) const {
  return is_below(own_, without_links(*storage_, path));
}

bool FilePlaces::allows(const std::string& path) const {
  const std::string real = without_links(*storage_, path);
  if (is_below(own_, real)) return true;
  for (const std::string& folder : folders_) {
    if (is_below(folder, real)) return true;
  }
  return false;
}

void FilePlaces::require(const std::string& path, const char* what,
                         const std::string& image) const {
  if (allows(path)) return require_file(path, what, image);
  throw Error(
      ErrorKind::refused,
      fmt::format("{} {} lies outside of the folder of the image, so it is not read: an image "
                  "can name any file. If this one is meant, say so with --parent-dir {}",
                  what, path, parent_of(without_links(*storage_, path))),
      image);
}

void FilePlaces::require_file(const std::string& path, const char* what,
                              const std::string& image) const {
  const std::optional<FileInfo> info = storage_->stat(path);
  if (!info || info->type == FileType::file) return;
  if (info->type == FileType::device && !is_beside(path)) return;
  throw Error(ErrorKind::refused, fmt::format("{} {} is no regular file: not opened", what, path),
              image);
}

std::unique_ptr<ByteSource> FilePlaces::open(const std::string& path, const char* what,
                                             const std::string& image) const {
  require(path, what, image);
  std::unique_ptr<ByteSource> file = storage_->open(path);
  // What lies in an ISO or a WIM goes by another name in errors, and has no links that could
  // change.
  if (!file->open_path().empty()) require(place_of(*file), what, image);
  return file;
}

std::string FilePlaces::place_of(const ByteSource& file) const {
  const std::string open = file.open_path();
  if (open.empty()) return file.name();
  return storage_->read_link(open).value_or(file.name());
}

}  // namespace goldhive
