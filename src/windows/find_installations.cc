// Nothing in a tree says "here is Windows". All installations share the folder System32\config
// with the files SOFTWARE and SYSTEM. The Windows folder itself can have any name (Windows, WINNT,
// I386 in some PE images). One volume can hold several, and setup leaves the former installation in
// Windows.old\Windows. People also hand over only a part: the Windows folder, System32, config,
// RegBack, or copies of the two hives under other names.
//
// So three questions are asked. The first that has an answer wins:
//   1. Is the root a Windows folder, or System32, or does a folder of level 1 or 2, or in a
//      Windows.old of level 2, hold System32\config with a hive?
//   2. Are there hives by name in the root, or in a folder of level 1?
//   3. Which files of the root could be a hive at all? Their content must tell (load_hive.cc).
//
// In an archive, people's folders stand above all of that (backups/2016/pc7/C/Windows), and looking
// costs nothing, since its tree is in memory: there the same questions are asked of every folder.
#include "src/windows/find_installations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "imgtools/hive_logs.h"

namespace goldhive::windows {
namespace {

// A disk of a busy user has some hundred folders on the first two levels.
constexpr std::size_t folder_limit = 5000;
constexpr std::size_t unnamed_limit = 64;

/// Folders of every Windows volume that hold no installation. They are large and cost many reads.
constexpr std::array<std::string_view, 7> never_searched = {
    "$Recycle.Bin", "Documents and Settings",    "Program Files", "Program Files (x86)",
    "ProgramData",  "System Volume Information", "Users"};

bool is_searched(std::string_view name) {
  return std::none_of(never_searched.begin(), never_searched.end(),
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

bool has_suffix(std::string_view name, std::string_view suffix) {
  return name.size() > suffix.size() && nt_equal(name.substr(name.size() - suffix.size()), suffix);
}

/// Files that lie beside hives and are no hives. (Registry transactions have .blf and
/// .regtrans-ms.)
bool is_companion(std::string_view name) {
  const auto is_suffix = [name](std::string_view suffix) { return has_suffix(name, suffix); };
  return std::any_of(hive_log_suffixes.begin(), hive_log_suffixes.end(), is_suffix) ||
         is_suffix(".blf") || is_suffix(".regtrans-ms");
}

HiveFile hive_file(const std::string& folder, const TreeEntry& entry) {
  return {join_path(folder, entry.name), entry.size};
}

/// Puts the hives of `folder` into `place`; false if there are none by name.
bool take_hives(const std::string& folder, const Entries& entries, Place& place) {
  if (const TreeEntry* hive = child(entries, "SOFTWARE", false)) {
    place.software = hive_file(folder, *hive);
  }
  if (const TreeEntry* hive = child(entries, "SYSTEM", false)) {
    place.system = hive_file(folder, *hive);
  }
  return place.software || place.system;
}

class Finder {
 public:
  Finder(const FileTree& tree, const std::string& target) : tree_(tree), target_(target) {}

  std::vector<Place> run() {
    if (const auto hives = tree_.known_hives()) {
      search_everywhere(*hives);
      if (places_.empty() && unreadable_) throw Error(*unreadable_);
    } else {
      const Entries root = tree_.list("");
      find_windows(root);
      if (places_.empty()) find_named_hives(root);
      // Before files without a name of hives: most volumes have some in their root.
      if (places_.empty() && unreadable_) throw Error(*unreadable_);
      if (places_.empty()) collect_unnamed(root);
    }
    return finish();
  }

  std::vector<Place> run_in(const std::string& asked) {
    const std::optional<std::string> folder = tree_.find(asked);
    if (!folder) return {};
    const Entries entries = tree_.list(*folder);
    Place place;
    place.root = *folder;
    place.regback = is_regback(*folder);
    if (take_hives(*folder, entries, place)) {
      warn_of_regback(*folder, entries, place);
      places_.push_back(std::move(place));
    }
    return finish();
  }

 private:
  std::vector<Place> finish() {
    for (Place& place : places_) {
      place.warnings.insert(place.warnings.end(), notes_.begin(), notes_.end());
    }
    return std::move(places_);
  }

  /// The entries of a folder; empty with a note where it cannot be read.
  Entries list(const std::string& folder) {
    try {
      return tree_.list(folder);
    } catch (const Error& e) {
      if (!unreadable_) unreadable_ = e;
      notes_.push_back(fmt::format("not looked into: {}", e.what()));
      return {};
    }
  }

  /// The three questions of every folder of a tree that is in memory, shallow before deep.
  void search_everywhere(const std::vector<std::string>& hives) {
    walk([this](const std::string& folder, const Entries& entries) {
      return take_windows(parent(folder), folder, entries) ||
             (folder.empty() && take_system32(entries));
    });
    if (!places_.empty()) return;
    walk([this](const std::string& folder, const Entries& entries) {
      Place place;
      place.root = folder;
      place.regback = is_regback(folder.empty() ? target_ : folder);
      if (take_hives(folder, entries, place)) {
        warn_of_regback(folder, entries, place);
        places_.push_back(std::move(place));
      }
      return !places_.empty() && places_.back().root == folder;
    });
    if (places_.empty()) take_known(hives);
  }

  /// Calls `visit` for every folder, and looks below those for which it says false.
  template <typename Visit>
  void walk(const Visit& visit) {
    std::vector<std::string> level = {""};
    while (!level.empty()) {
      std::vector<std::string> next;
      for (const std::string& folder : level) {
        const Entries entries = list(folder);
        if (visit(folder, entries)) continue;
        for (const TreeEntry& entry : entries) {
          if (entry.directory && is_searched(entry.name)) {
            next.push_back(join_path(folder, entry.name));
          }
        }
      }
      level = std::move(next);
    }
  }

  /// Files that are hives by their first bytes, those of a folder together.
  void take_known(const std::vector<std::string>& hives) {
    std::map<std::string, Place> by_folder;
    for (const std::string& path : hives) {
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

  static std::string parent(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
  }

  /// Question 1.
  void find_windows(const Entries& root) {
    if (take_windows("", "", root)) return;
    if (take_system32(root)) return;

    std::vector<Folder> others;
    std::size_t kept = 0;
    for (const TreeEntry& entry : root) {
      if (!entry.directory || !is_searched(entry.name)) continue;
      Entries entries = list(entry.name);
      if (!take_windows("", entry.name, entries)) {
        keep_folders(entries, kept);
        others.push_back({entry.name, std::move(entries)});
      }
    }
    for (const Folder& former : search_second_level(others)) take_windows_in(former);
  }

  struct Folder {
    std::string path;
    Entries entries;
  };

  /// Of what is looked into later, the folders alone, and of all together no more than one beyond
  /// what will be looked at: a tree can show any number of entries.
  static void keep_folders(Entries& entries, std::size_t& kept) {
    std::erase_if(entries, [](const TreeEntry& entry) { return !entry.directory; });
    entries.resize(std::min(entries.size(), folder_limit + 1 - kept));
    entries.shrink_to_fit();
    kept += entries.size();
  }

  /// Returns the folders that may hold a former Windows but are no Windows folders themselves.
  std::vector<Folder> search_second_level(const std::vector<Folder>& first_level) {
    std::vector<Folder> former;
    std::size_t kept = 0;
    std::size_t looked_at = 0;
    for (const Folder& folder : first_level) {
      for (const TreeEntry& entry : folder.entries) {
        if (!entry.directory) continue;
        if (++looked_at > folder_limit) {
          note_limit("of the second level");
          return former;
        }
        Folder inside{join_path(folder.path, entry.name), {}};
        inside.entries = list(inside.path);
        if (!take_windows(folder.path, inside.path, inside.entries) && is_former(entry.name)) {
          keep_folders(inside.entries, kept);
          former.push_back(std::move(inside));
        }
      }
    }
    return former;
  }

  void note_limit(const char* which) {
    notes_.push_back(
        fmt::format("only the first {} folders {} were searched for Windows", folder_limit, which));
  }

  /// What setup put aside, Windows.old or Windows.old.000: it lies as deep as the volume that it is
  /// in, which may itself be a folder of the tree.
  static bool is_former(std::string_view name) {
    constexpr std::string_view former = "Windows.old";
    return nt_equal(name.substr(0, former.size()), former);
  }
  void take_windows_in(const Folder& folder) {
    for (const TreeEntry& entry : folder.entries) {
      if (!is_searched(entry.name)) continue;
      if (++looked_at_former_ > folder_limit) {
        if (looked_at_former_ == folder_limit + 1) note_limit("of former installations");
        return;
      }
      const std::string path = join_path(folder.path, entry.name);
      take_windows(folder.path, path, list(path));
    }
  }

  /// The root is System32 if a config with a hive is in it.
  bool take_system32(const Entries& root) {
    Place place;
    place.system32 = "";
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

  /// Looks for config by find() and not by list(): System32 has thousands of entries.
  bool take_config(Place place) {
    const std::optional<std::string> config = tree_.find(join_path(*place.system32, "config"));
    if (!config) return false;
    const Entries hives = list(*config);
    if (!take_hives(*config, hives, place)) return false;
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
      place.warnings.push_back(
          fmt::format("{} holds backups of hives, which are not what boots; to scan them: {}:/{}",
                      folder, target_, folder));
      return;
    }
  }

  /// Question 2.
  void find_named_hives(const Entries& root) {
    Place here;
    here.regback = is_regback(target_);
    if (take_hives("", root, here)) {
      warn_of_regback("", root, here);
      places_.push_back(std::move(here));
      return;
    }
    for (const TreeEntry& entry : root) {
      if (!entry.directory) continue;
      Place place;
      place.root = entry.name;
      place.regback = is_regback(entry.name);
      if (take_hives(entry.name, list(entry.name), place)) places_.push_back(std::move(place));
    }
  }

  /// Question 3.
  void collect_unnamed(const Entries& root) {
    Place place;
    for (const TreeEntry& entry : root) {
      if (entry.directory || entry.size == 0 || is_companion(entry.name)) continue;
      if (place.unnamed.size() == unnamed_limit) {
        notes_.push_back(fmt::format("only the first {} files were tried as hives", unnamed_limit));
        break;
      }
      place.unnamed.push_back(hive_file("", entry));
    }
    if (!place.unnamed.empty()) places_.push_back(std::move(place));
  }

  static bool is_regback(std::string path) {
    while (!path.empty() && (path.back() == '/' || path.back() == '\\')) path.pop_back();
    return nt_equal(path.substr(path.find_last_of("/\\") + 1), "RegBack");
  }

  const FileTree& tree_;
  const std::string& target_;
  std::vector<Place> places_;
  std::vector<std::string> notes_;
  std::size_t looked_at_former_ = 0;
  std::optional<Error> unreadable_;
};

}  // namespace

std::vector<Place> find_installations(const FileTree& tree, const std::string& target) {
  return Finder(tree, target).run();
}

std::vector<Place> find_hives_in(const FileTree& tree, const std::string& target,
                                 const std::string& folder) {
  return Finder(tree, target).run_in(folder);
}

std::string join_path(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

}  // namespace goldhive::windows
