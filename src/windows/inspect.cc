#include "src/windows/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "imgtools/bytes/error.h"
#include "src/windows/find_installations.h"
#include "src/windows/load_hive.h"
#include "src/windows/system_files.h"
#include "src/windows/topics.h"

namespace goldhive::windows {
namespace {

struct Row {
  std::string_view name;
  Topic read;
};

/// Every topic, in the order they build on each other.
constexpr std::array topics = {
    Row{"control sets", read_control_sets},
    Row{"identity", read_os_identity},
    Row{"architecture", read_architecture},
    Row{"one Windows or two", compare_hives},
    Row{"WinHTTP", read_winhttp},
    Row{"Schannel", read_schannel},
    Row{"servicing", read_servicing},
    Row{"Service Pack 1", read_service_pack_1},
    Row{".NET Framework", read_dotnet},
    Row{"WinINet", read_wininet},
    Row{"settings", read_standalone},
    Row{"ignored keys", read_ignored_keys},
    Row{"ignored values", read_ignored_values},
};

/// Where the files of Windows are in a tree of them, as a place without hives: in Windows\System32
/// or System32 of it, or as they are in the folder itself.
Place place_of_files(const FileTree& files) {
  Place place;
  for (const char* windows : {"Windows", "WINNT"}) {
    const std::optional<std::string> system32 = files.find(join_path(windows, "System32"));
    if (!system32) continue;
    place.windows = files.find(windows);
    place.system32 = system32;
    return place;
  }
  if (const std::optional<std::string> system32 = files.find("System32")) {
    place.windows = "";
    place.system32 = system32;
  } else if (files.find("winhttp.dll") || files.find("webio.dll")) {
    place.system32 = "";
  }
  return place;
}

/// False with a note if what the hives say by themselves shows that files that somebody gave are
/// those of another Windows: of another processor or another version.
bool are_of_one_windows(const Sources& hives, const Sources& files,
                        std::vector<std::string>& notes) {
  Installation by_hives;
  for (const Topic read : {read_control_sets, read_os_identity, read_architecture}) {
    read(hives, by_hives);
  }
  const OsFacts& os = by_hives.os;
  for (const char* module : {"ntoskrnl.exe", "winhttp.dll", "webio.dll"}) {
    const FileVersionFact file = read_system_file(files.tree, "", files.place.system32, "", module);
    std::string difference;
    if (file.architecture != Architecture::unknown && os.architecture != Architecture::unknown &&
        file.architecture != os.architecture) {
      difference = fmt::format("is for {}, and the hives are of a Windows for {}",
                               to_string(file.architecture), to_string(os.architecture));
    } else if (file.version && os.major != 0 &&
               (file.version->major != os.major || file.version->minor != os.minor)) {
      difference = fmt::format("is of Windows {}.{}, and the hives are of {}", file.version->major,
                               file.version->minor, os.version);
    } else {
      continue;
    }
    notes.push_back(
        fmt::format("the files given beside the hives are not used: {} {}", file.path, difference));
    return false;
  }
  return true;
}

class Inspector {
 public:
  Inspector(const Volume& volume, const std::string& target, const InspectOptions& options)
      : volume_(volume), target_(target), options_(options) {}

  std::vector<Installation> run() {
    if (volume_.state.encrypted) return {locked()};
    if (!volume_.tree) return {};
    const FileTree& tree = *volume_.tree;
    const std::string name = target_ + volume_.id;
    const std::vector<Place> places = options_.folder.empty()
                                          ? find_installations(tree, name)
                                          : find_installations_in(tree, name, options_.folder);
    for (const Place& place : places) {
      if (has_only_names_of_hives(place)) continue;
      if (!place.unnamed.empty()) {
        add_unnamed(place);
        continue;
      }
      HivePair pair{load(place.software, HiveName::software), load(place.system, HiveName::system),
                    place.root};
      if (places.size() == 1 && place.loose() && !pair.software.hive && !pair.system.hive) {
        refuse(*(pair.software.fact.error ? pair.software.fact.error : pair.system.fact.error));
        continue;
      }
      add(place, pair);
    }
    name_them();
    return std::move(found_);
  }

 private:
  /// What stands for an encrypted volume: it may hold a Windows, and no one can tell.
  Installation locked() const {
    Installation installation;
    installation.id = target_ + volume_.id;
    installation.root = "/";
    installation.hives.resize(2);
    installation.hives[0].name = HiveName::software;
    installation.hives[1].name = HiveName::system;
    for (HiveFact& hive : installation.hives) hive.missing = true;
    installation.volume = volume_.state;
    return installation;
  }

  LoadedHive load(const std::optional<HiveFile>& file, HiveName name) const {
    return load_hive(*volume_.tree, file ? &*file : nullptr, name, options_);
  }

  /// True of files that are called SOFTWARE or SYSTEM and are no hives by their first bytes, nor by
  /// their size hives whose head is damaged. In the folder that the user named, an error says what
  /// they are.
  bool has_only_names_of_hives(const Place& place) const {
    if (!place.loose() || !place.unnamed.empty()) return false;
    if (place.root.empty() && volume_.tree->is_host_folder()) return false;
    const auto is_none = [&](const std::optional<HiveFile>& file) {
      return !file || !may_be_hive(*volume_.tree, *file);
    };
    return is_none(place.software) && is_none(place.system);
  }

  void add_unnamed(const Place& place) {
    std::vector<HivePair> pairs;
    try {
      pairs = load_unnamed(*volume_.tree, place.unnamed, options_);
    } catch (const Error& e) {
      refuse(e);
    }
    for (HivePair& pair : pairs) {
      if (pair.root.empty()) pair.root = place.root;
      add(place, pair);
    }
  }

  /// If the loose files of a target cannot be used, the target cannot be read. This does not hold
  /// where the target has volumes: there such files are something that a user left on a disk.
  void refuse(const Error& error) const {
    if (volume_.id.empty()) throw Error(error);
  }

  void add(const Place& place, const HivePair& pair) {
    Installation installation;
    installation.root = "/" + pair.root;
    installation.windows_directory = place.windows.value_or("");
    installation.loose = place.loose();
    installation.regback = place.regback;
    installation.volume = volume_.state;
    installation.warnings = place.warnings;
    installation.not_looked_into = place.not_looked_into;
    installation.hives = {pair.software.fact, pair.system.fact};

    const RegistryHive software(HiveName::software, pair.software.hive, pair.software.why_not());
    const RegistryHive system(HiveName::system, pair.system.hive, pair.system.why_not());
    const Sources own{*volume_.tree, place, software, system, options_};
    const Place files = options_.files != nullptr ? place_of_files(*options_.files) : Place();
    const bool elsewhere =
        options_.files != nullptr && !has_system_files(*volume_.tree, place) &&
        are_of_one_windows(own, Sources{*options_.files, files, software, system, options_, true},
                           installation.warnings);
    const Sources sources{elsewhere ? *options_.files : *volume_.tree,
                          elsewhere ? files : place,
                          software,
                          system,
                          options_,
                          elsewhere};
    for (const Row& topic : topics) topic.read(sources, installation);
    found_.push_back(std::move(installation));
  }

  /// The id says which of several it is: by its root, or where two share one, or the root lies
  /// above the folder that was asked for, by its Windows folder.
  void name_them() {
    const bool asked = !options_.folder.empty();
    for (Installation& installation : found_) {
      installation.id = target_ + volume_.id;
      if (found_.size() == 1 && !asked) continue;
      const auto same_root = [&](const Installation& other) {
        return other.root == installation.root;
      };
      const bool by_root = std::count_if(found_.begin(), found_.end(), same_root) == 1 &&
                           (!asked || is_in_folder(installation.root.substr(1)));
      installation.id += ":" + (by_root ? installation.root : "/" + installation.windows_directory);
    }
  }

  /// True of the folder that was asked for, and of what lies in it.
  bool is_in_folder(const std::string& path) const {
    const std::string folder = volume_.tree->find(options_.folder).value_or("");
    return path == folder || path.starts_with(folder + "/");
  }

  const Volume& volume_;
  const std::string& target_;
  const InspectOptions& options_;
  std::vector<Installation> found_;
};

}  // namespace

bool has_windows_files(const FileTree& files) { return place_of_files(files).system32.has_value(); }

std::vector<Installation> inspect(const Volume& volume, const std::string& target,
                                  const InspectOptions& options) {
  return Inspector(volume, target, options).run();
}

}  // namespace goldhive::windows
