// The name of a hive file proves nothing: copies are called software.hiv or SYSTEM_2016, and a SAM
// may lie where a SYSTEM is looked for. What a hive is shows in its keys. One key proves nothing
// either: an import under the name of a mount leaves a Select or CurrentControlSet in SOFTWARE, or
// a Microsoft in SYSTEM (docs/rules.md, I25); UsrClass.dat has a Wow6432Node, and every vendor may
// make a key of any name. So the marks of both kinds are counted, and the kind with more of them is
// it. A hive with no more than one mark, and with one of another kind, is of that kind (I16).
// registry.stray-key names what does not belong (ignored_keys.cc). A 32-bit view that was saved by
// itself (reg save HKLM\SOFTWARE\Wow6432Node) has the marks of a SOFTWARE, but not the keys of the
// native view.
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
#include "src/windows/topics.h"

namespace goldhive::windows {
namespace {

/// Keys that every SOFTWARE and SYSTEM has; of SYSTEM those of its control sets are added.
constexpr std::array software_marks = {"Classes",
                                       "Clients",
                                       "Microsoft",
                                       "Policies",
                                       "RegisteredApplications",
                                       "Wow6432Node",
                                       "Microsoft\\Windows\\CurrentVersion",
                                       "Microsoft\\Windows NT\\CurrentVersion"};
constexpr std::array system_marks = {"MountedDevices", "Select", "Setup"};
constexpr std::array control_set_marks = {"Control", "Enum", "Services"};

/// A root key of a hive of another kind, and the words for that kind.
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

/// What is wrong on the way is said where a verdict rests on it; a hive does not become another
/// kind of hive by it.
std::optional<hive::Key> find(const hive::Key& from, std::string_view path) {
  return from.find_path(path, [](const Error&) {});
}

template <std::size_t size>
std::ptrdiff_t count(const hive::Key& root, const std::array<const char*, size>& marks) {
  return std::count_if(marks.begin(), marks.end(),
                       [&](const char* mark) { return find(root, mark).has_value(); });
}

std::ptrdiff_t count_of_system(const hive::Key& root) {
  std::ptrdiff_t marks = count(root, system_marks);
  for (const hive::Key& key : root.find_prefix("ControlSet", [](const Error&) {})) {
    if (!control_set_number(key.name_utf8())) continue;
    marks += 1 + count(key, control_set_marks);
    break;
  }
  return marks;
}

std::string text_in(const hive::Key& key, std::string_view name) {
  const auto value = key.value(name);
  return value ? text_of(read_value(*value)) : "";
}

/// Whether this is the Wow6432Node or WowAA32Node of a SOFTWARE. A saved key keeps its name as that
/// of the root; and only in a 32-bit view is the folder of programs another than that of 64-bit
/// ones.
bool is_32_bit_view(const hive::Key& root) {
  for (const View view : {View::wow64, View::wowaa32}) {
    if (nt_equal(root.name_utf8(), key_of_view(view))) return true;
  }
  if (find(root, key_of_view(View::wow64))) return false;
  const auto key = find(root, "Microsoft\\Windows\\CurrentVersion");
  if (!key) return false;
  const std::string ours = text_in(*key, "ProgramFilesDir");
  const std::string of_64_bits = text_in(*key, "ProgramW6432Dir");
  const std::string of_32_bits = text_in(*key, "ProgramFilesDir (x86)");
  return !ours.empty() && !of_64_bits.empty() &&
         !nt_equal(std::string_view(ours), std::string_view(of_64_bits)) &&
         (of_32_bits.empty() || nt_equal(std::string_view(ours), std::string_view(of_32_bits)));
}

const Mark* other_kind(const hive::Key& root) {
  const auto mark = std::find_if(other_kinds.begin(), other_kinds.end(),
                                 [&](const Mark& m) { return find(root, m.key).has_value(); });
  return mark == other_kinds.end() ? nullptr : &*mark;
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
    if (is_32_bit_view(root)) return HiveKind::other;
    const std::ptrdiff_t software = count(root, software_marks);
    const std::ptrdiff_t system = count_of_system(root);
    if (std::max(software, system) <= 1 && other_kind(root) != nullptr) return HiveKind::other;
    if (software != system) return software > system ? HiveKind::software : HiveKind::system;
  } catch (const Error&) {  // a root that cannot be searched tells nothing
  }
  return HiveKind::unclear;
}

std::string describe_hive(const hive::Hive& hive) {
  try {
    if (is_32_bit_view(hive.root())) {
      return "the 32-bit view of a SOFTWARE, saved without the rest of it";
    }
    if (const Mark* mark = other_kind(hive.root())) return std::string(mark->meaning);
    if (hive.root().subkey_count() == 0) return "a hive without keys";
    if (count(hive.root(), software_marks) != 0)
      return "a hive with keys of SOFTWARE and of SYSTEM";
  } catch (const Error&) {
    return "a hive whose root cannot be searched";
  }
  return "a hive of some other kind";
}

bool may_be_hive(const FileTree& tree, const HiveFile& file) {
  if (file.size == 0 || may_be_hive_by_size(file.size)) return true;
  try {
    return is_regf(tree, file.path);
  } catch (const Error&) {
    return true;
  }
}

LoadedHive load_hive(const FileTree& tree, const HiveFile* file, HiveName name,
                     const InspectOptions& options) {
  if (file == nullptr) return missing(name);
  LoadedHive loaded = open_fact(tree, *file, name, options);
  if (!loaded.hive) return loaded;
  if (!file->twin.empty()) {
    mark_damaged(loaded, Error(ErrorKind::unsupported, why_not_read(file->twin), file->path));
    return loaded;
  }
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
