// What is odd about a lone hive: its logs start with the same "regf" base block, so a log given by
// mistake looks like a hive. The bytes that follow tell them apart: "DIRT" or "HvLE" at 512 in a
// log, "hbin" at 4096 in a hive. The file type field at 28 (0 hive; 1, 2, 6 log) decides only if
// both marks are missing, since a hive with a damaged base block is still a hive. Source:
// msuhanov/regf specification, "Format of transaction log files".
#include "imgtools/lone_hive.h"

#include <algorithm>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "imgtools/hive_logs.h"
#include "imgtools/host/path.h"

namespace goldhive {

namespace {

constexpr std::size_t file_type_offset = 28;

bool is_log(const Candidate& candidate) {
  if (candidate.has_magic(512, "DIRT") || candidate.has_magic(512, "HvLE")) return true;
  if (candidate.head.size() < file_type_offset + 4) return false;
  const std::uint32_t type = ByteView(candidate.head, 0, candidate.path).u32(file_type_offset);
  if (type != 1 && type != 2 && type != 6) return false;
  if (candidate.source->size() < 4100) return true;
  return candidate.source->read(4096, 4) != Bytes{'h', 'b', 'i', 'n'};
}

struct Folder {
  std::string prefix;  ///< "" or ends in a separator
  std::string name;
};

Folder split(const std::string& path) {
  const std::string name = base_name(path);
  return {path.substr(0, path.size() - name.size()), name};
}

/// "PC1_SYSTEM" of "PC1_SOFTWARE" and the reverse; "" of other names.
std::string name_of_other_half(const std::string& name) {
  static const std::pair<std::string, std::string> pairs[] = {{"SOFTWARE", "SYSTEM"},
                                                              {"SYSTEM", "SOFTWARE"}};
  for (const auto& [own, other] : pairs) {
    for (std::size_t at = 0; at + own.size() <= name.size(); ++at) {
      if (nt_equal(name.substr(at, own.size()), own)) {
        return name.substr(0, at) + other + name.substr(at + own.size());
      }
    }
  }
  return "";
}

/// A tree of the hive and its logs, all at the root.
class HiveFileTree final : public FileTree {
 public:
  explicit HiveFileTree(const Candidate& candidate)
      : storage_(candidate.storage), folder_(split(candidate.path)) {
    entries_.push_back({folder_.name, false, candidate.info.size});
    for (const DirectoryEntry& entry : siblings()) {
      if (!is_log_name(entry.name)) continue;
      const std::optional<FileInfo> info = storage_.stat(folder_.prefix + entry.name);
      if (info && info->type == FileType::file) entries_.push_back({entry.name, false, info->size});
    }
    std::sort(entries_.begin(), entries_.end(),
              [](const TreeEntry& a, const TreeEntry& b) { return a.name < b.name; });
  }

  std::vector<TreeEntry> list(const std::string& directory) const override {
    if (!directory.empty()) throw Error(ErrorKind::not_found, "no such directory", directory);
    return entries_;
  }

  std::unique_ptr<ByteSource> open(const std::string& path) const override {
    for (const TreeEntry& entry : entries_) {
      if (entry.name == path) return storage_.open(folder_.prefix + path);
    }
    throw Error(ErrorKind::not_found, "no such file", folder_.prefix + path);
  }

  /// The hive beside this one that belongs to it by its name: SYSTEM beside SOFTWARE, PC1_SYSTEM
  /// beside PC1_SOFTWARE; "" if there is none.
  std::string other_half() const {
    const std::string wanted = name_of_other_half(folder_.name);
    if (wanted.empty()) return "";
    for (const DirectoryEntry& entry : siblings()) {
      if (entry.type == FileType::file && nt_equal(entry.name, wanted) && begins_as_hive(entry)) {
        return entry.name;
      }
    }
    return "";
  }

  std::string host_path(const std::string& path) const { return folder_.prefix + path; }
  const std::string& hive_name() const { return folder_.name; }

 private:
  bool begins_as_hive(const DirectoryEntry& entry) const {
    try {
      const auto file = storage_.open(folder_.prefix + entry.name);
      return file->size() >= 4 && file->read(0, 4) == Bytes{'r', 'e', 'g', 'f'};
    } catch (const Error&) {
      return false;
    }
  }

  std::vector<DirectoryEntry> siblings() const {
    try {
      return storage_.list(folder_.prefix);
    } catch (const Error&) {  // a folder whose files can be opened but not listed
      std::vector<DirectoryEntry> guesses;
      for (const std::string_view suffix : hive_log_suffixes) {
        guesses.push_back({folder_.name + std::string(suffix), FileType::file});
      }
      return guesses;
    }
  }

  bool is_log_name(const std::string& name) const {
    return std::any_of(hive_log_suffixes.begin(), hive_log_suffixes.end(),
                       [&](std::string_view suffix) {
                         return nt_equal(name, folder_.name + std::string(suffix));
                       });
  }

  const ReadStorage& storage_;
  Folder folder_;
  std::vector<TreeEntry> entries_;
};

class HiveFileImage final : public Image, public LoneHive {
 public:
  explicit HiveFileImage(const Candidate& candidate)
      : path_(candidate.path), tree_(std::make_shared<HiveFileTree>(candidate)) {
    Volume volume;
    volume.size = candidate.info.size;
    volume.tree = tree_;
    volumes_.push_back(std::move(volume));
  }

  std::string format() const override { return "hive"; }
  const std::vector<Volume>& volumes() const override { return volumes_; }

  std::optional<Error> refusal(std::size_t) const override { return std::nullopt; }

  HostChange host_change(std::size_t, const std::vector<FileEdit>& edits) const override {
    HostChange change;
    for (const FileEdit& edit : edits) append(change, edit, tree_->host_path(edit.path));
    return change;
  }

  std::vector<std::string> host_files() const override { return {path_}; }
  std::string hive_path() const override { return tree_->hive_name(); }

  std::vector<std::string> notes() const override {
    const std::string other = tree_->other_half();
    if (other.empty()) return {};
    return {"judged alone, though " + other +
            " lies beside it: give the folder to have both judged together"};
  }

 private:
  std::string path_;
  std::shared_ptr<const HiveFileTree> tree_;
  std::vector<Volume> volumes_;
};

}  // namespace

bool is_hive_file(const Candidate& candidate) { return candidate.has_magic(0, "regf"); }

std::unique_ptr<Image> open_hive_file(const Candidate& candidate) {
  if (is_log(candidate)) {
    throw Error(ErrorKind::unsupported,
                "is a transaction log of a hive, not a hive: give the hive itself, its logs are "
                "found beside it",
                candidate.path);
  }
  return std::make_unique<HiveFileImage>(candidate);
}

}  // namespace goldhive
