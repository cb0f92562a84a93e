#include "imgtools/disk/parent_chain.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "imgtools/host/path.h"

namespace goldhive {

namespace {

constexpr std::size_t max_chain = 256;  // Hyper-V allows far fewer snapshots (50)

/// The folder with the separator at its end; "" if `path` names none.
std::string directory_of(const std::string& path) {
  return path.substr(0, path.size() - base_name(path).size());
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// A path that Windows wrote into an image.
std::string from_windows(std::string path) {
  std::replace(path.begin(), path.end(), '\\', '/');
  return path;
}

bool is_file(const ReadStorage& storage, const std::string& path) {
  const auto info = storage.stat(path);
  return info && info->type == FileType::file;
}

/// The entry of `directory` that `name` means on a system that ignores case.
std::string name_without_case(const ReadStorage& storage, const std::string& directory,
                              const std::string& name) {
  const auto info = storage.stat(directory.empty() ? "." : directory);
  if (!info || info->type != FileType::directory) return name;
  for (const DirectoryEntry& entry : storage.list(directory)) {
    if (nt_equal(entry.name, name)) return entry.name;
  }
  return name;
}

/// `path` below `base`. A part that does not exist as written is looked for without regard to case.
std::string resolve(const ReadStorage& storage, const std::string& base, const std::string& path) {
  std::string found = base;
  std::size_t start = 0;
  while (start < path.size()) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string part = path.substr(start, end - start);
    start = end + 1;
    if (part.empty() || part == ".") continue;
    if (storage.stat(found + part)) {
      found += part;
    } else {
      found += name_without_case(storage, found, part);
    }
    if (start < path.size()) found += '/';
  }
  return found;
}

}  // namespace

void ParentChain::enter(const std::string& path) {
  const auto info = storage_->stat(path);
  if (!info) return;  // opening it will report that
  const std::pair<std::uint64_t, std::uint64_t> identity{info->device, info->inode};
  if (std::find(seen_.begin(), seen_.end(), identity) != seen_.end()) {
    throw Error(ErrorKind::corrupt, "the chain of parent disks comes back to this file", path);
  }
  if (seen_.size() == max_chain) {
    throw Error(ErrorKind::corrupt,
                fmt::format("the chain of parent disks is longer than {}", max_chain), path);
  }
  seen_.push_back(identity);
}

std::vector<std::string> find_parents(const ReadStorage& storage, const FilePlaces& places,
                                      const std::string& child, const ParentPaths& paths) {
  const std::string base = directory_of(child);
  std::vector<std::string> tried;
  std::vector<std::string> found;
  std::string outside;
  const auto attempt = [&](const std::string& directory, const std::string& path) {
    if (path.empty() || path.find('\0') != std::string::npos) return;
    const std::string candidate = resolve(storage, directory, path);
    if (std::find(tried.begin(), tried.end(), candidate) != tried.end()) return;
    tried.push_back(candidate);
    // Nothing outside is examined, or the message would tell which files exist there.
    if (!places.allows(candidate)) {
      outside = candidate;
    } else if (is_file(storage, candidate)) {
      found.push_back(candidate);
    }
  };
  for (const std::string& path : paths.relative) attempt(base, from_windows(path));
  for (const std::string& given : paths.absolute) {
    if (!is_absolute(given)) continue;
    std::string path = with_slashes(given);
    if (path.size() > 2 && is_special(path[2])) path.erase(0, 1);  // "/C:/x", out of a URL
    attempt(path.starts_with('/') ? "/" : "", path);
  }
  for (const std::string& path : paths.relative) attempt(base, last_part(from_windows(path)));
  for (const std::string& path : paths.absolute) attempt(base, last_part(from_windows(path)));
  for (const std::string& folder : places.folders()) {
    const std::string start = join_path(folder, "");
    for (const std::string& path : paths.relative) attempt(start, last_part(from_windows(path)));
    for (const std::string& path : paths.absolute) attempt(start, last_part(from_windows(path)));
  }
  if (found.empty() && !outside.empty()) places.require(outside, "its parent disk", child);
  if (found.empty()) {
    throw Error(ErrorKind::not_found,
                tried.empty() ? "is a differencing disk that does not say where its parent is"
                              : fmt::format("is a differencing disk and its parent is missing "
                                            "(looked for {}); put the parent beside it",
                                            fmt::join(tried, ", ")),
                child);
  }
  return found;
}

}  // namespace goldhive
