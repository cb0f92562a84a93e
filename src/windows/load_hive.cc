// The name of a hive file proves nothing: copies are called software.hiv or SYSTEM_2016, and a SAM
// may lie where a SYSTEM is looked for. What a hive is shows at its root:
//   SYSTEM    Select, ControlSet001, ... MountedDevices
//   SOFTWARE  Microsoft, Classes, Wow6432Node, Policies
// SYSTEM is asked first: a SYSTEM can hold a key "Software" of some vendor, never the reverse.
#include "src/windows/load_hive.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "imgtools/bytes/digest.h"
#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "src/hive/base_block.h"
#include "src/windows/hive_with_logs.h"

namespace goldhive::windows {
namespace {

/// A root key that only one kind of hive has, and the words for that kind.
struct Mark {
  std::string_view key;
  std::string_view meaning;
};
constexpr std::array other_kinds = {
    Mark{"SAM", "a SAM hive (user accounts)"},
    Mark{"Policy", "a SECURITY hive"},
    Mark{"Control Panel", "a user's hive (NTUSER.DAT or DEFAULT)"},
    Mark{"Local Settings", "a user's class hive (UsrClass.dat)"},
    Mark{"DerivedData", "a COMPONENTS hive"},
    Mark{"CanonicalData", "a COMPONENTS hive"},
    Mark{"DriverDatabase", "a DRIVERS hive"},
    Mark{"Objects", "a boot configuration store (BCD)"},
    Mark{"Root", "an Amcache hive"},
    Mark{"Software", "a user's hive (NTUSER.DAT)"},
};

/// Whether the bytes say so. What is wrong on the way is said where a verdict rests on it; a hive
/// does not become another kind of hive by it.
bool is_there(const hive::Key& root, std::string_view name) {
  return root.find(name, [](const Error&) {}).has_value();
}

bool has_any(const hive::Key& root, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [&root](std::string_view name) { return is_there(root, name); });
}

void mark_damaged(LoadedHive& loaded, const Error& error) {
  loaded.hive.reset();
  loaded.fact.state = hive::HiveState::damaged;
  // What is refused is a journal, which has a name of its own.
  loaded.fact.reason = error.kind() == ErrorKind::refused ? error.what() : error.message();
  loaded.fact.error = error;
}

LoadedHive open_fact(const FileTree& tree, const HiveFile& file, HiveName name,
                     const InspectOptions& options) {
  LoadedHive loaded;
  HiveFact& fact = loaded.fact;
  fact.name = name;
  fact.missing = false;
  fact.path = file.path;
  fact.size = file.size;
  try {
    HiveWithLogs files(tree, file.path);
    fact.size = files.primary()->size();
    hive::refuse_large_hive(*files.primary());  // before all of it is read for its digest
    if (options.hash) fact.sha256 = to_hex(sha256(*files.primary()));
    hive::OpenedHive opened = files.open(options.use_logs);
    fact.state = opened.state;
    fact.logs_ignored = !options.use_logs;
    fact.reason = std::move(opened.reason);
    fact.sequence1 = opened.sequence1;
    fact.sequence2 = opened.sequence2;
    fact.last_written = opened.last_written;
    fact.logs = std::move(opened.logs);
    fact.error = std::move(opened.error);
    loaded.hive = std::move(opened.hive);
  } catch (const Error& e) {
    mark_damaged(loaded, e.at(file.path));
  }
  return loaded;
}

bool is_regf(const FileTree& tree, const std::string& path) {
  constexpr std::string_view magic = "regf";
  const std::unique_ptr<ByteSource> source = tree.open(path);
  if (source->size() < magic.size()) return false;
  const Bytes head = source->read(0, magic.size());
  return std::equal(magic.begin(), magic.end(), head.begin());
}

/// A flat folder's hives by kind.
struct Sorted {
  std::vector<LoadedHive> software, system;
  std::optional<Error> problem;  ///< of the first file that is of no use

  void add(LoadedHive loaded) {
    const HiveKind kind = loaded.hive ? kind_of(*loaded.hive) : HiveKind::unclear;
    if (kind == HiveKind::software || kind == HiveKind::system) {
      const bool system_hive = kind == HiveKind::system;
      loaded.fact.name = system_hive ? HiveName::system : HiveName::software;
      (system_hive ? system : software).push_back(std::move(loaded));
    } else if (!problem && loaded.fact.error) {
      problem = loaded.fact.error;
    } else if (!problem && loaded.hive) {
      problem = Error(ErrorKind::unsupported,
                      fmt::format("is {}; SOFTWARE and SYSTEM are the hives to give",
                                  describe_hive(*loaded.hive)),
                      loaded.fact.path);
    }
  }
};

LoadedHive missing(HiveName name) {
  LoadedHive loaded;
  loaded.fact.name = name;
  return loaded;
}

/// What people add to the name of a copy beside that of the machine.
bool is_ending(std::string_view word) {
  constexpr std::array endings = {"bak", "bin", "copy", "dat", "hiv", "hive", "old", "reg", "sav"};
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return nt_equal(ending, word); });
}

/// What is left of the name of an export without the kind of hive and its ending: "PC1" of
/// "PC1_SYSTEM", "SOFTWARE-pc1" and "pc1.system.hiv"; "" if nothing is, or the kind is not named.
/// Without `numbers`, words without a letter are left out: they may be the time of the export.
std::string host_of(const LoadedHive& hive, bool numbers = true) {
  const std::string& path = hive.fact.path;
  const std::string name = to_utf8(nt_upcase(to_utf16(path.substr(path.rfind('/') + 1))));
  std::string host;
  bool named = false;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t end = std::min(name.find_first_of("._- ()", at), name.size());
    const std::string word = name.substr(at, end - at);
    at = end + 1;
    const bool number = word.find_first_not_of("0123456789") == std::string::npos;
    if (word == to_string(hive.fact.name) && !named) {
      named = true;
    } else if (!word.empty() && !is_ending(word) && (numbers || !number)) {
      host += (host.empty() ? "" : "-") + word;
    }
  }
  return named ? host : "";
}

/// One of each kind belong together, unless they are named by two hosts; of more than that those
/// that are named by one host. Any other stands alone.
std::vector<HivePair> pair_up(Sorted sorted) {
  std::vector<HivePair> pairs;
  const auto add = [&pairs](LoadedHive software, LoadedHive system, std::string root) {
    pairs.push_back({std::move(software), std::move(system), std::move(root)});
  };
  std::set<std::string> named;
  for (const LoadedHive& hive : sorted.software) named.insert(host_of(hive, false));
  for (const LoadedHive& hive : sorted.system) named.insert(host_of(hive, false));
  named.erase("");
  if (sorted.software.size() <= 1 && sorted.system.size() <= 1 && named.size() <= 1) {
    add(sorted.software.empty() ? missing(HiveName::software) : std::move(sorted.software.front()),
        sorted.system.empty() ? missing(HiveName::system) : std::move(sorted.system.front()), "");
    return pairs;
  }
  std::map<std::string, Sorted> hosts;
  for (LoadedHive& hive : sorted.software) hosts[host_of(hive)].software.push_back(std::move(hive));
  for (LoadedHive& hive : sorted.system) hosts[host_of(hive)].system.push_back(std::move(hive));
  for (auto& [host, of_host] : hosts) {
    std::vector<LoadedHive>& software = of_host.software;
    std::vector<LoadedHive>& system = of_host.system;
    if (!host.empty() && software.size() == 1 && system.size() == 1) {
      const std::string path = software.front().fact.path;
      add(std::move(software.front()), std::move(system.front()), path);
      continue;
    }
    for (LoadedHive& hive : software) {
      const std::string path = hive.fact.path;
      add(std::move(hive), missing(HiveName::system), path);
    }
    for (LoadedHive& hive : system) {
      const std::string path = hive.fact.path;
      add(missing(HiveName::software), std::move(hive), path);
    }
  }
  std::sort(pairs.begin(), pairs.end(),
            [](const HivePair& a, const HivePair& b) { return a.root < b.root; });
  return pairs;
}

}  // namespace

std::string LoadedHive::why_not() const { return hive ? "" : trouble_of(fact); }

HiveKind kind_of(const hive::Hive& hive) {
  const hive::Key& root = hive.root();
  try {
    if (has_any(root, {"Select", "ControlSet001", "MountedDevices", "CurrentControlSet"})) {
      return HiveKind::system;
    }
    if (!root.find_prefix("ControlSet", [](const Error&) {}).empty()) return HiveKind::system;
    if (has_any(root, {"Microsoft", "Classes", "Wow6432Node", "Policies"})) {
      return HiveKind::software;
    }
    for (const Mark& mark : other_kinds) {
      if (is_there(root, mark.key)) return HiveKind::other;
    }
  } catch (const Error&) {  // a root that cannot be searched tells nothing
  }
  return HiveKind::unclear;
}

std::string describe_hive(const hive::Hive& hive) {
  try {
    for (const Mark& mark : other_kinds) {
      if (is_there(hive.root(), mark.key)) return std::string(mark.meaning);
    }
    if (hive.root().subkey_count() == 0) return "a hive without keys";
  } catch (const Error&) {
    return "a hive whose root cannot be searched";
  }
  return "a hive of some other kind";
}

LoadedHive load_hive(const FileTree& tree, const HiveFile* file, HiveName name,
                     const InspectOptions& options) {
  if (file == nullptr) return missing(name);
  LoadedHive loaded = open_fact(tree, *file, name, options);
  if (!loaded.hive) return loaded;
  const HiveKind kind = kind_of(*loaded.hive);
  const HiveKind wanted = name == HiveName::software ? HiveKind::software : HiveKind::system;
  if (kind == wanted || kind == HiveKind::unclear) return loaded;
  const std::string content = kind == HiveKind::software ? "a SOFTWARE hive"
                              : kind == HiveKind::system ? "a SYSTEM hive"
                                                         : describe_hive(*loaded.hive);
  mark_damaged(loaded, Error(ErrorKind::unsupported,
                             fmt::format("is {} by its content, not {}", content, to_string(name)),
                             file->path));
  return loaded;
}

std::vector<HivePair> load_unnamed(const FileTree& tree, const std::vector<HiveFile>& files,
                                   const InspectOptions& options) {
  Sorted sorted;
  for (const HiveFile& file : files) {
    try {
      if (is_regf(tree, file.path)) sorted.add(open_fact(tree, file, HiveName::software, options));
    } catch (const Error& e) {
      if (!sorted.problem) sorted.problem = e.at(file.path);
    }
  }
  if (sorted.software.empty() && sorted.system.empty()) {
    if (sorted.problem) throw Error(*sorted.problem);
    return {};
  }
  return pair_up(std::move(sorted));
}

}  // namespace goldhive::windows
