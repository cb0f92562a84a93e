// What is odd about a directory: its symbolic links. An extracted or mounted Windows tree is full
// of them (ntfs-3g shows junctions as absolute links: "Documents and Settings" -> /mnt/img/Users),
// and a hostile tree may hold links to /etc/shadow. So the kernel follows no link: every step of a
// path is looked at here, and a link counts only if its target lies inside the root. Any other link
// is treated as absent and kept as a note.
//
// An absolute link is inside if one of its leading directories *is* the root (same device and
// inode), so it makes no difference how the user spelled the root's path.
#include "imgtools/directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "imgtools/host/path.h"

namespace goldhive {

namespace {

using Parts = std::vector<std::string>;

/// "a//b/./c" -> {a, b, c}; ".." stays.
Parts split(const std::string& path) {
  Parts parts;
  std::size_t start = 0;
  while (start < path.size()) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    std::string part = path.substr(start, end - start);
    if (!part.empty() && part != ".") parts.push_back(std::move(part));
    start = end + 1;
  }
  return parts;
}

class DirectoryTree final : public FileTree {
 public:
  DirectoryTree(const ReadStorage& storage, std::string root, FileInfo info)
      : storage_(storage), root_(std::move(root)), info_(info) {}

  std::vector<TreeEntry> list(const std::string& directory) const override {
    const std::string host = host_path(directory);
    std::vector<TreeEntry> entries;
    for (const DirectoryEntry& found : storage_.list(host)) {
      const std::optional<FileInfo> info = entry_info(directory, host, found);
      if (!info) continue;
      if (info->type == FileType::directory) {
        entries.push_back({found.name, true, 0});
      } else if (info->type == FileType::file) {
        entries.push_back({found.name, false, info->size});
      }
    }
    return entries;
  }

  /// Without the links to a neighbour whose name differs in case only: that is one file under two
  /// names.
  std::vector<std::string> names(const std::string& directory) const override {
    const std::string host = host_path(directory);
    const std::vector<DirectoryEntry>& entries = listing(host);
    std::vector<std::string> names;
    for (const DirectoryEntry& entry : entries) {
      const std::optional<std::string> target = entry.type == FileType::symlink
                                                    ? resolve(join_path(directory, entry.name))
                                                    : join_path(host, entry.name);
      const bool to_twin =
          entry.type == FileType::symlink &&
          std::any_of(entries.begin(), entries.end(), [&](const DirectoryEntry& other) {
            return other.name != entry.name && nt_equal(other.name, entry.name) &&
                   target == join_path(host, other.name);
          });
      if (target && !to_twin) names.push_back(entry.name);
    }
    return names;
  }

  std::unique_ptr<ByteSource> open(const std::string& path) const override {
    const std::string host = host_path(path);
    const std::optional<FileInfo> info = storage_.stat(host);
    if (!info || info->type != FileType::file) {
      throw Error(ErrorKind::not_found, info ? "is not a file" : "no such file", host);
    }
    return storage_.open(host);
  }

  bool is_host_folder() const override { return true; }

  std::optional<std::string> find(const std::string& path) const override {
    // As FileTree::find(), but without asking the host about each of the thousands of files in
    // System32.
    Parts parts = split(path);
    if (parts.empty()) return "";
    const std::string name = parts.back();
    parts.pop_back();
    if (!last_folder_ || last_folder_->asked_for != parts) {
      last_folder_ = find_folder(parts);
      if (!last_folder_) return std::nullopt;
    }
    const std::optional<Found> found = find_in(last_folder_->folder, name);
    if (!found || !storage_.stat(found->host)) return std::nullopt;
    return found->path;
  }

  std::vector<std::string> notes() const override { return {notes_.begin(), notes_.end()}; }

  /// The path on the host, all links resolved. Error(not_found) if it leads out of the root.
  std::string host_path(const std::string& path) const {
    std::optional<std::string> host;
    const Parts parts = split(path);
    if (std::find(parts.begin(), parts.end(), "..") == parts.end()) host = resolve(path);
    if (!host)
      throw Error(ErrorKind::not_found, "leads out of the tree, or through too many symbolic links",
                  join_path(root_, path));
    return *host;
  }

 private:
  std::optional<FileInfo> entry_info(const std::string& directory, const std::string& host,
                                     const DirectoryEntry& entry) const {
    switch (entry.type) {
      case FileType::directory:
        return FileInfo{FileType::directory, 0, 0, 0};
      case FileType::file:
        return storage_.stat(join_path(host, entry.name));
      case FileType::symlink: {
        const std::optional<std::string> target = resolve(join_path(directory, entry.name));
        if (!target) return std::nullopt;
        return storage_.stat(*target);
      }
      default:  // sockets, FIFOs, device nodes: nothing of Windows
        return std::nullopt;
    }
  }

  struct Found {
    std::string path;  ///< in the tree, exact
    std::string host;  ///< all links resolved
  };
  struct FoundFolder {
    Parts asked_for;
    Found folder;
  };

  std::optional<FoundFolder> find_folder(const Parts& parts) const {
    Found folder{"", root_};
    for (const std::string& part : parts) {
      std::optional<Found> next = find_in(folder, part);
      if (!next) return std::nullopt;
      folder = std::move(*next);
    }
    return FoundFolder{parts, folder};
  }

  std::optional<Found> find_in(const Found& folder, const std::string& name) const {
    const std::optional<std::string> exact = match(folder.host, name);
    if (!exact) return std::nullopt;
    const std::string path = join_path(folder.path, *exact);
    const std::optional<std::string> host = resolve(path);
    if (!host) return std::nullopt;
    return Found{path, *host};
  }

  /// The name of the entry of `folder` that `name` means; nullopt if there is none or `folder` is
  /// no directory of the host.
  std::optional<std::string> match(const std::string& folder, const std::string& name) const {
    const std::optional<FileInfo> info = storage_.stat(folder);
    if (!info || info->type != FileType::directory) return std::nullopt;
    const DirectoryEntry* similar = nullptr;
    for (const DirectoryEntry& entry : listing(folder)) {
      if (entry.name == name) return entry.name;
      if (similar == nullptr && nt_equal(entry.name, name)) similar = &entry;
    }
    if (similar == nullptr) return std::nullopt;
    return similar->name;
  }

  /// The entries of a folder of the host. The last few listings are kept, since every path leads
  /// through the same folders: in a folder of thousands of installations, a new listing for each
  /// would take most of the time.
  const std::vector<DirectoryEntry>& listing(const std::string& host) const {
    constexpr std::size_t kept = 8;
    auto found = std::find_if(listings_.begin(), listings_.end(),
                              [&host](const auto& listing) { return listing.first == host; });
    if (found == listings_.end()) {
      if (listings_.size() == kept) listings_.pop_back();
      listings_.emplace_back(host, storage_.list(host));
      found = std::prev(listings_.end());
    }
    std::rotate(listings_.begin(), found, std::next(found));
    return listings_.front().second;
  }

  /// Walks `path` from the root and follows links as long as they stay inside. If one does not:
  /// nullopt and a note. A path that does not exist resolves to where it would be.
  std::optional<std::string> resolve(const std::string& path) const {
    const Parts start = split(path);
    std::deque<std::string> pending(start.begin(), start.end());
    std::vector<std::string> prefixes{root_};  // the last one is the folder reached so far
    int links = 0;
    while (!pending.empty()) {
      const std::string part = pending.front();
      pending.pop_front();
      if (part == "..") {
        if (prefixes.size() == 1) return passed_over(path, "its target lies outside the tree");
        prefixes.pop_back();
        continue;
      }
      std::string here = join_path(prefixes.back(), part);
      const std::optional<std::string> link = storage_.read_link(here);
      if (!link) {
        prefixes.push_back(std::move(here));
        continue;
      }
      if (++links > max_links) return passed_over(path, "too many links in a row");
      // As the host divides it: elsewhere than on Unix a ".." may stand between backslashes.
      std::optional<Parts> target = split(with_slashes(*link));
      if (is_absolute(*link)) {
        target = below_root(*target);
        if (!target) return passed_over(path, "its target lies outside the tree: " + *link);
        prefixes.resize(1);
      }
      pending.insert(pending.begin(), target->begin(), target->end());
    }
    return prefixes.back();
  }

  /// The rest of an absolute path below the root, nullopt if it does not lead through the root.
  std::optional<Parts> below_root(const Parts& parts) const {
    std::string prefix = "/";
    for (std::size_t i = 0; i <= parts.size(); ++i) {
      const std::optional<FileInfo> info = storage_.stat(prefix);
      if (!info) return std::nullopt;
      if (is_same_file(*info, info_)) {
        return Parts(parts.begin() + static_cast<std::ptrdiff_t>(i), parts.end());
      }
      if (i < parts.size()) prefix = join_path(prefix, parts[i]);
    }
    return std::nullopt;
  }

  std::nullopt_t passed_over(const std::string& path, const std::string& why) const {
    notes_.insert(fmt::format("{}: symbolic link not followed: {}", path, why));
    return std::nullopt;
  }

  const ReadStorage& storage_;
  std::string root_;
  FileInfo info_;
  mutable std::set<std::string> notes_;
  /// Listings by their paths on the host, the last used first.
  mutable std::vector<std::pair<std::string, std::vector<DirectoryEntry>>> listings_;
  /// Where find() looked last: a scan asks for several files of one folder in a row, such as the
  /// logs of a hive or the files of System32.
  mutable std::optional<FoundFolder> last_folder_;
};

class DirectoryImage final : public Image {
 public:
  explicit DirectoryImage(const Candidate& candidate)
      : tree_(std::make_shared<DirectoryTree>(candidate.storage, candidate.path, candidate.info)) {
    Volume volume;
    volume.tree = tree_;
    volumes_.push_back(std::move(volume));
  }

  std::string format() const override { return "directory"; }
  const std::vector<Volume>& volumes() const override { return volumes_; }

  std::optional<Error> refusal(std::size_t) const override { return std::nullopt; }

  HostChange host_change(std::size_t, const std::vector<FileEdit>& edits) const override {
    HostChange change;
    for (const FileEdit& edit : edits) append(change, edit, tree_->host_path(edit.path));
    return change;
  }

  std::vector<std::string> host_files() const override { return {}; }

 private:
  std::shared_ptr<const DirectoryTree> tree_;
  std::vector<Volume> volumes_;
};

}  // namespace

bool is_directory(const Candidate& candidate) { return candidate.is_directory(); }

std::unique_ptr<Image> open_directory(const Candidate& candidate) {
  return std::make_unique<DirectoryImage>(candidate);
}

}  // namespace goldhive
