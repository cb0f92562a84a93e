// Nothing in a tree says "here is Windows". All installations share the folder System32\config
// with the files SOFTWARE and SYSTEM. The Windows folder itself can have any name (Windows, WINNT,
// I386 in some PE images). One volume can hold several, and setup leaves the former installation in
// Windows.old\Windows. People also hand over only a part: the Windows folder, System32, config,
// RegBack, or copies of the two hives under other names.
//
// So three questions are asked. The first that has an answer wins:
//   1. Which folders hold System32\config with a hive? Or is the root System32?
//   2. Which folders hold hives by name?
//   3. Which files could be a hive at all? Their content must tell (load_hive.cc).
//
// People's folders may stand above all of that (backups/2016/pc7/C/Windows), in an archive as on a
// disk. So every folder is looked at, shallow before deep, but those inside of a Windows folder;
// the large folders beside one, which hold no other (Users, Program Files); and, where that has to
// be read from a disk, those beyond a number. Where that number ended the search, it is said.
//
// A folder of the host is searched two levels deep: what lies deeper in it is a target of its own,
// since whoever names a folder of trees means many targets (src/cli/targets.cc).
#include "src/windows/find_installations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "imgtools/hive_logs.h"

namespace goldhive::windows {
namespace {

/// Folders that are looked at in a tree that is not in memory: to read one takes some 0.1 ms of a
/// disk. Where a Windows was found, the rest is mostly its user's own.
constexpr std::size_t folder_limit = 20'000;
constexpr std::size_t folder_limit_beside = 5'000;
/// Files that are tried as hives: of the root whatever there is, below it what could be one by
/// size.
constexpr std::size_t unnamed_limit = 64;
constexpr std::size_t unnamed_limit_below = 1024;
/// How deep a folder of the host is searched.
constexpr std::size_t host_levels = 2;

/// Windows' own stores. They are large, and nobody keeps a Windows in them.
constexpr std::array<std::string_view, 2> never_searched = {"$Recycle.Bin",
                                                            "System Volume Information"};
/// Large folders of every Windows volume, which are not searched where they stand beside a Windows
/// folder. Elsewhere the name may mean anything.
constexpr std::array<std::string_view, 5> not_searched_beside_windows = {
    "Documents and Settings", "Program Files", "Program Files (x86)", "ProgramData", "Users"};

/// A Windows folder is known by these, so that one of them that is a link hides it.
constexpr std::array<std::string_view, 4> folders_of_windows = {"Windows", "WINNT", "System32",
                                                                "config"};

template <std::size_t size>
bool is_one_of(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [name](std::string_view other) { return nt_equal(name, other); });
}

using Entries = std::vector<TreeEntry>;

/// The entry that `name` means: the exact one, else the first that differs in case.
const TreeEntry* child(const Entries& entries, std::string_view name, bool directory) {
  const TreeEntry* similar = nullptr;
  for (const TreeEntry& entry : entries) {
    if (entry.directory != directory) continue;
    if (entry.name == name) return &entry;
    if (similar == nullptr && nt_equal(entry.name, name)) similar = &entry;
  }
  return similar;
}

/// Another entry that the name of `taken` means as well, or nullptr.
const TreeEntry* twin_entry(const Entries& entries, const TreeEntry& taken) {
  const auto twin = std::find_if(entries.begin(), entries.end(), [&](const TreeEntry& entry) {
    return entry.directory == taken.directory && entry.name != taken.name &&
           nt_equal(entry.name, taken.name);
  });
  return twin == entries.end() ? nullptr : &*twin;
}

/// Files that lie beside hives and are no hives. (Registry transactions have .blf and
/// .regtrans-ms.)
bool is_companion(std::string_view name) {
  const auto is_suffix = [name](std::string_view suffix) { return nt_has_end(name, suffix); };
  return std::any_of(hive_log_suffixes.begin(), hive_log_suffixes.end(), is_suffix) ||
         is_suffix(".blf") || is_suffix(".regtrans-ms");
}

HiveFile hive_file(const std::string& folder, const TreeEntry& entry) {
  return {join_path(folder, entry.name), entry.size, ""};
}

/// Puts the hives of `folder` into `place`; false if there are none by name.
bool take_hives(const std::string& folder, const Entries& entries, Place& place) {
  for (auto& [name, file] :
       {std::pair<std::string_view, std::optional<HiveFile>&>{"SOFTWARE", place.software},
        {"SYSTEM", place.system}}) {
    const TreeEntry* hive = child(entries, name, false);
    if (hive == nullptr) continue;
    file = hive_file(folder, *hive);
    if (const TreeEntry* twin = twin_entry(entries, *hive))
      file->twin = join_path(folder, twin->name);
  }
  return place.software || place.system;
}

std::string parent(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

class Finder {
 public:
  /// `base`: the folder that the search begins in.
  Finder(const FileTree& tree, const std::string& target, std::string base)
      : tree_(tree), target_(target), base_(std::move(base)), known_(tree.known_hives()) {}

  std::vector<Place> run() {
    search();
    if (places_.empty()) take_named();
    if (places_.empty() && known_) take_known();
    // Before files without a name of hives: most volumes have some in their root.
    if (places_.empty() && unreadable_) throw Error(*unreadable_);
    if (places_.empty() && cut_) {
      throw Error(ErrorKind::unsupported, "no Windows was found, and " + limit_note(), target_);
    }
    if (places_.empty() && !known_) take_unnamed();
    if (cut_) notes_.push_back(limit_note());
    for (Place& place : places_) {
      place.warnings.insert(place.warnings.end(), notes_.begin(), notes_.end());
      if (!tree_.is_host_folder()) place.not_looked_into = unreadable_;
    }
    return std::move(places_);
  }

 private:
  void miss(const Error& error) {
    if (!unreadable_) unreadable_ = error;
    notes_.push_back(fmt::format("not looked into: {}", error.what()));
  }

  /// The entries of a folder; empty with a note where it cannot be read.
  Entries list(const std::string& folder) {
    try {
      return tree_.list(folder);
    } catch (const Error& e) {
      miss(e);
      return {};
    }
  }

  /// A junction there hides the Windows that it leads to.
  void mind_links(const std::string& folder, const Entries& entries) {
    for (const TreeEntry& entry : entries) {
      if (!entry.leads_elsewhere || !is_one_of(folders_of_windows, entry.name)) continue;
      miss(Error(ErrorKind::unsupported, "is a junction: the Windows that it leads to is elsewhere",
                 join_path(folder, entry.name)));
    }
  }

  /// Folders of one parent that are still to be looked at.
  struct Siblings {
    std::string parent;
    std::vector<std::string> names;
    std::vector<std::string> if_no_windows;  ///< only if none of `names` is a Windows folder
  };

  /// Question 1, and what the other two will need.
  void search() {
    const Entries root = tree_.list(base_);
    mind_links(base_, root);
    if (look_at(base_, root)) return;
    std::vector<Siblings> level;
    keep(base_, root, level);
    for (level_ = 1; !level.empty() && !cut_; ++level_) {
      std::vector<Siblings> next;
      for (const Siblings& siblings : level) {
        pending_ -= siblings.names.size() + siblings.if_no_windows.size();
        if (!look_into(siblings.parent, siblings.names, next)) {
          look_into(siblings.parent, siblings.if_no_windows, next);
        }
      }
      level = std::move(next);
    }
  }

  /// True if one of the folders is a Windows folder.
  bool look_into(const std::string& parent, const std::vector<std::string>& names,
                 std::vector<Siblings>& next) {
    bool any = false;
    for (const std::string& name : names) {
      if (looked_at_ >= limit()) {
        cut_ = true;
        return any;
      }
      ++looked_at_;
      const std::string folder = join_path(parent, name);
      const Entries entries = list(folder);
      mind_links(folder, entries);
      if (look_at(folder, entries)) {
        any = true;
      } else if (goes_on_below(name)) {
        keep(folder, entries, next);
      }
    }
    return any;
  }

  /// What setup put aside, Windows.old or Windows.old.000, lies as deep as the volume that it is
  /// in, which may itself be a folder of the tree.
  bool goes_on_below(std::string_view name) const {
    constexpr std::string_view former = "Windows.old";
    if (!tree_.is_host_folder() || level_ < host_levels) return true;
    return level_ == host_levels && nt_equal(name.substr(0, former.size()), former);
  }

  /// Keeps the folders of `folder` for the next level; of all together no more than one beyond what
  /// will be looked at, since a tree can show any number of entries.
  void keep(const std::string& folder, const Entries& entries, std::vector<Siblings>& next) {
    Siblings siblings{folder, {}, {}};
    for (const TreeEntry& entry : entries) {
      if (!entry.directory || is_one_of(never_searched, entry.name)) continue;
      if (looked_at_ + pending_ > folder_limit && !known_) break;
      ++pending_;
      const bool beside = is_one_of(not_searched_beside_windows, entry.name);
      (beside ? siblings.if_no_windows : siblings.names).push_back(entry.name);
    }
    next.push_back(std::move(siblings));
  }

  /// A tree that is in memory costs nothing to search.
  std::size_t limit() const {
    if (known_) return SIZE_MAX;
    return places_.empty() ? folder_limit : folder_limit_beside;
  }

  std::string limit_note() const {
    return fmt::format(
        "only the first {} folders were searched for Windows: to look into another, "
        "name it, as in {}:/folder",
        looked_at_, target_);
  }

  /// True of a folder that is looked at in full by this: nothing below it is searched.
  bool look_at(const std::string& folder, const Entries& entries) {
    if (take_windows(parent(folder), folder, entries)) return true;
    if (folder == base_ && take_system32(entries)) return true;
    if (!tree_.is_host_folder() || level_ < host_levels) {
      remember_named(folder, entries);
      if (!known_) remember_unnamed(folder, entries);
    }
    return false;
  }

  void remember_named(const std::string& folder, const Entries& entries) {
    Place place;
    place.root = folder;
    place.regback = is_regback(folder.empty() ? target_ : folder);
    if (!take_hives(folder, entries, place)) return;
    warn_of_regback(folder, entries, place);
    named_.push_back(std::move(place));
  }

  /// Question 2. Where one folder holds hives, those below it are parts of the same thing.
  void take_named() {
    for (Place& place : named_) {
      const bool inside = std::any_of(places_.begin(), places_.end(), [&](const Place& other) {
        return other.root.empty() || place.root.starts_with(other.root + "/");
      });
      if (!inside) places_.push_back(std::move(place));
    }
  }

  void remember_unnamed(const std::string& folder, const Entries& entries) {
    const bool below = folder != base_;
    if (below && tree_.is_host_folder()) return;
    Place place;
    place.root = folder;
    for (const TreeEntry& entry : entries) {
      if (entry.directory || entry.size == 0 || is_companion(entry.name)) continue;
      if (below && !may_be_hive_by_size(entry.size)) continue;
      if (unnamed_count_ >= unnamed_limit_below ||
          (!below && place.unnamed.size() == unnamed_limit)) {
        unnamed_cut_ = true;
        break;
      }
      ++unnamed_count_;
      place.unnamed.push_back(hive_file(folder, entry));
    }
    if (!place.unnamed.empty()) unnamed_.push_back(std::move(place));
  }

  /// Question 3.
  void take_unnamed() {
    places_ = std::move(unnamed_);
    if (!unnamed_cut_) return;
    notes_.push_back(fmt::format("only the first {} files were tried as hives", unnamed_count_));
  }

  /// The same of a tree that knows which files are hives by their first bytes.
  void take_known() {
    std::map<std::string, Place> by_folder;
    for (const std::string& path : *known_) {
      if (!base_.empty() && !path.starts_with(base_ + "/")) continue;
      const std::string name = path.substr(path.rfind('/') + 1);
      if (is_companion(name)) continue;
      const std::string folder = parent(path);
      Place& place = by_folder[folder];
      place.root = folder;
      if (place.unnamed.size() == unnamed_limit) continue;
      const Entries entries = list(folder);
      place.unnamed.push_back(hive_file(folder, *child(entries, name, false)));
    }
    for (auto& [folder, place] : by_folder) places_.push_back(std::move(place));
  }

  /// The base is System32 if a config with a hive is in it.
  bool take_system32(const Entries& root) {
    Place place;
    place.root = base_;
    place.system32 = base_;
    return child(root, "config", true) != nullptr && take_config(std::move(place));
  }

  /// `folder` is a Windows folder if its System32 holds a config with a hive.
  bool take_windows(const std::string& root, const std::string& folder, const Entries& entries) {
    const TreeEntry* entry = child(entries, "System32", true);
    if (entry == nullptr) return false;
    Place place;
    place.root = root;
    place.windows = folder;
    place.system32 = join_path(folder, entry->name);
    return take_config(std::move(place));
  }

  /// Names another config with a hive in it, which may be the one that Windows opens: its own name
  /// or that of a folder above it differs in case only.
  void mark_twins(const std::string& config, Place& place) {
    for (const std::string& twin : tree_.twins(place.root, config)) {
      Place other;
      if (!take_hives(twin, list(twin), other)) continue;
      for (const auto hive : {&Place::software, &Place::system}) {
        if (place.*hive) (place.*hive)->twin = other.*hive ? (other.*hive)->path : twin;
      }
    }
  }

  /// Looks for config by find() and not by list(): System32 has thousands of entries.
  bool take_config(Place place) {
    const std::optional<std::string> config = tree_.find(join_path(*place.system32, "config"));
    if (!config) return false;
    const Entries hives = list(*config);
    if (!take_hives(*config, hives, place)) return false;
    mark_twins(*config, place);
    warn_of_regback(*config, hives, place);
    places_.push_back(std::move(place));
    return true;
  }

  /// The copies in RegBack are not what boots, so they are named and not judged.
  void warn_of_regback(const std::string& config, const Entries& entries, Place& place) {
    const TreeEntry* entry = child(entries, "RegBack", true);
    if (entry == nullptr) return;
    const std::string folder = join_path(config, entry->name);
    const Entries copies = list(folder);
    for (const char* name : {"SOFTWARE", "SYSTEM"}) {
      const TreeEntry* copy = child(copies, name, false);
      if (copy == nullptr || copy->size == 0) continue;  // empty since Windows 10 1803
      place.warnings.push_back(fmt::format(
          "{} holds backups of hives, which Windows does not boot from; to scan them: {}:/{}",
          folder, target_, folder));
      return;
    }
  }

  static bool is_regback(std::string path) {
    while (!path.empty() && (path.back() == '/' || path.back() == '\\')) path.pop_back();
    return nt_equal(path.substr(path.find_last_of("/\\") + 1), "RegBack");
  }

  const FileTree& tree_;
  const std::string& target_;
  const std::string base_;
  const std::optional<std::vector<std::string>> known_;  ///< FileTree::known_hives()
  std::vector<Place> places_;
  std::vector<Place> named_;    ///< folders that hold hives by name
  std::vector<Place> unnamed_;  ///< folders with files that could be hives
  std::vector<std::string> notes_;
  std::optional<Error> unreadable_;
  std::size_t level_ = 0;      ///< of the folders that are being looked at, below the base
  std::size_t looked_at_ = 0;  ///< folders
  std::size_t pending_ = 0;    ///< folders that are still to be looked at
  std::size_t unnamed_count_ = 0;
  bool unnamed_cut_ = false;
  bool cut_ = false;  ///< not all folders were looked at
};

}  // namespace

bool may_be_hive_by_size(std::uint64_t size) { return size >= 8192 && size % 4096 == 0; }

std::vector<Place> find_installations(const FileTree& tree, const std::string& target) {
  return Finder(tree, target, "").run();
}

std::vector<Place> find_installations_in(const FileTree& tree, const std::string& target,
                                         const std::string& folder) {
  const std::optional<std::string> exact = tree.find(folder);
  if (!exact) return {};
  try {
    return Finder(tree, target, *exact).run();
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::not_found) return {};  // a file
    throw;
  }
}

std::string twin_of(const FileTree& tree, const std::string& root, const std::string& path) {
  const std::vector<std::string> twins = tree.twins(root, path);
  return twins.empty() ? "" : twins.front();
}

std::string why_not_read(const std::string& twin) {
  return fmt::format(
      "is in one of two places whose paths differ only in case; the other is {}, and which of them "
      "Windows opens is not known: rename the one that it does not use",
      twin);
}

std::string join_path(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

}  // namespace goldhive::windows
