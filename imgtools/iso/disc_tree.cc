// Directories are kept by path and never walked beyond what was asked for, so a directory that
// contains itself cannot make us loop; but it would let a hostile image show any number of paths.
// So a directory that begins where one above it begins is an error. Directories that share their
// entries in another way cost what their entries cost each time, and the budget ends that.
#include "imgtools/iso/disc_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "imgtools/host/path.h"

namespace goldhive {

namespace {

constexpr std::uint64_t directory_limit = 64 << 20;  // WinSxS, with 20,000 entries, has 4 MiB
constexpr std::size_t depth_limit = 128;
constexpr std::uint64_t kept_limit = 16 << 20;  // bytes of directories that are not in use
/// An entry in memory: itself, and what it keeps to find its file. A longer name comes on top.
constexpr std::uint64_t entry_bytes = sizeof(DiscEntry) + 80;
/// Of a directory: its bytes, and what the shortest records, of 34 bytes, become.
constexpr std::uint64_t memory_of_a_byte = 1 + entry_bytes / 34;

struct Directory {
  DiscNode node;
  std::vector<DiscEntry> entries;  ///< sorted by name
  HeldBytes held;
};
using DirectoryPtr = std::shared_ptr<const Directory>;

bool begins_at_same_place(const DiscNode& a, const DiscNode& b) {
  return !a.extents.empty() && !b.extents.empty() &&
         a.extents.front().offset == b.extents.front().offset;
}

std::uint64_t bytes_of(const std::vector<DiscEntry>& entries) {
  std::uint64_t sum = entries.size() * entry_bytes;
  for (const DiscEntry& entry : entries) sum += entry.name.size();
  return sum;
}

class DiscTree final : public FileTree {
 public:
  DiscTree(std::shared_ptr<const ByteSource> image, std::shared_ptr<const DiscFileSystem> files)
      : image_(std::move(image)), files_(std::move(files)), root_(read(files_->root(), "")) {}

  std::vector<TreeEntry> list(const std::string& directory) const override {
    std::vector<TreeEntry> entries;
    const DirectoryPtr found = walk(directory);
    for (const DiscEntry& entry : found->entries) {
      entries.push_back({entry.name, entry.directory, entry.directory ? 0 : size_of(entry)});
    }
    return entries;
  }

  std::unique_ptr<ByteSource> open(const std::string& path) const override {
    const std::size_t slash = path.rfind('/');
    const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    const DirectoryPtr folder = walk(slash == std::string::npos ? "" : path.substr(0, slash));
    const DiscEntry* entry = exact(*folder, name);
    if (entry == nullptr) not_found(path, "no such file");
    if (entry->directory) not_found(path, "is a directory");
    const DiscNode node = entry->node();
    if (node.directory) {
      throw Error(ErrorKind::corrupt,
                  "is listed as a file, but its file entry describes a directory", full_name(path));
    }
    return std::make_unique<ExtentSource>(image_, node.extents, full_name(path));
  }

  std::optional<std::string> find(const std::string& path) const override {
    std::string found;
    DirectoryPtr folder = root_;
    for (const std::string& part : path_parts(path)) {
      if (!folder) return std::nullopt;  // `path` goes on below a file
      const DiscEntry* entry = match(*folder, part);
      if (entry == nullptr) return std::nullopt;
      found += (found.empty() ? "" : "/") + entry->name;
      folder = entry->directory ? walk(found) : nullptr;
    }
    return found;
  }

  std::vector<std::string> notes() const override { return files_->notes(); }

 private:
  [[noreturn]] static void not_found(const std::string& path, const char* what) {
    throw Error(ErrorKind::not_found, what, path);
  }

  std::string full_name(const std::string& path) const { return image_->name() + "/" + path; }

  static const DiscEntry* exact(const Directory& directory, const std::string& name) {
    const auto at =
        std::lower_bound(directory.entries.begin(), directory.entries.end(), name,
                         [](const DiscEntry& e, const std::string& n) { return e.name < n; });
    return at != directory.entries.end() && at->name == name ? &*at : nullptr;
  }

  static const DiscEntry* match(const Directory& directory, const std::string& name) {
    if (const DiscEntry* entry = exact(directory, name)) return entry;
    for (const DiscEntry& entry : directory.entries) {
      if (nt_equal(entry.name, name)) return &entry;
    }
    return nullptr;
  }

  /// A file whose description cannot be read must neither hide its neighbours nor look empty.
  static std::uint64_t size_of(const DiscEntry& entry) {
    try {
      return entry.node().size();
    } catch (const Error& e) {
      if (e.kind() == ErrorKind::refused) throw;  // that is no fault of this one
      return ~std::uint64_t{0};
    }
  }

  DirectoryPtr read(DiscNode node, const std::string& path) const {
    if (!node.directory) {
      throw Error(ErrorKind::corrupt,
                  "is listed as a directory, but its file entry describes a file", full_name(path));
    }
    auto directory = std::make_shared<Directory>();
    directory->held = HeldBytes(image_->budget());
    directory->held.add(memory_of_a_byte * node.size(), full_name(path));
    directory->entries = files_->entries(node);
    directory->held.let_go();
    directory->held.add(bytes_of(directory->entries), full_name(path));
    directory->node = std::move(node);
    std::stable_sort(directory->entries.begin(), directory->entries.end(),
                     [](const DiscEntry& a, const DiscEntry& b) { return a.name < b.name; });
    return directory;
  }

  /// Finds the directory of an exact path.
  DirectoryPtr walk(const std::string& path) const {
    if (path.empty()) return root_;
    std::vector<DirectoryPtr> above{root_};
    std::size_t start = 0;
    while (start <= path.size()) {
      const std::size_t end = std::min(path.find('/', start), path.size());
      above.push_back(child(above, path.substr(0, end), path.substr(start, end - start)));
      start = end + 1;
    }
    return above.back();
  }

  DirectoryPtr child(const std::vector<DirectoryPtr>& above, const std::string& path,
                     const std::string& name) const {
    const auto kept = kept_.find(path);
    if (kept != kept_.end()) return kept->second;
    if (above.size() > depth_limit) {
      throw Error(ErrorKind::corrupt,
                  fmt::format("lies more than {} directories deep", depth_limit), full_name(path));
    }
    const DiscEntry* entry = exact(*above.back(), name);
    if (entry == nullptr || !entry->directory) not_found(path, "no such directory");
    DiscNode node = entry->node();
    for (const DirectoryPtr& each : above) {
      if (!begins_at_same_place(each->node, node)) continue;
      throw Error::corrupt(full_name(path), node.extents.front().offset.value_or(0),
                           "a directory that contains itself");
    }
    DirectoryPtr directory = read(std::move(node), path);
    const std::uint64_t bytes = path.size() + bytes_of(directory->entries);
    if (kept_bytes_ + bytes > kept_limit) {
      kept_.clear();
      kept_bytes_ = 0;
    }
    kept_bytes_ += bytes;
    kept_[path] = directory;
    return directory;
  }

  std::shared_ptr<const ByteSource> image_;
  std::shared_ptr<const DiscFileSystem> files_;
  DirectoryPtr root_;
  mutable std::map<std::string, DirectoryPtr> kept_;
  mutable std::uint64_t kept_bytes_ = 0;
};

}  // namespace

std::uint64_t DiscNode::size() const {
  std::uint64_t sum = 0;
  for (const DiscExtent& extent : extents) sum += extent.length;
  return sum;
}

Bytes read_directory(const ByteSource& image, const DiscNode& directory) {
  const std::uint64_t limit = std::min(directory_limit, image.size());
  if (directory.size() > limit) {
    throw Error::corrupt(image.name(), directory.extents.front().offset.value_or(0),
                         "a directory of the disc is larger than the largest that is read",
                         fmt::format("at most {} bytes", limit),
                         fmt::format("{} bytes", directory.size()));
  }
  Bytes content;
  for (const DiscExtent& extent : directory.extents) {
    if (!extent.offset) {
      throw Error(ErrorKind::corrupt, "a directory of the disc has an extent without data",
                  image.name());
    }
    const Bytes part = image.read(*extent.offset, static_cast<std::size_t>(extent.length));
    content.insert(content.end(), part.begin(), part.end());
  }
  return content;
}

std::shared_ptr<const FileTree> make_disc_tree(std::shared_ptr<const ByteSource> image,
                                               std::shared_ptr<const DiscFileSystem> files) {
  return std::make_shared<DiscTree>(std::move(image), std::move(files));
}

}  // namespace goldhive
