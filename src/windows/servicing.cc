// All evidence on KB3140245 (rules B6 to B13), from the strongest down: the live files, the winners
// of the component store, the package entries. Each weaker kind costs more reads and says less. So
// the whole list of packages is only walked where no other evidence was found.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "imgtools/bytes/error.h"
#include "src/windows/cbs_packages.h"
#include "src/windows/system_files.h"
#include "src/windows/topics.h"
#include "src/windows/winners.h"

namespace goldhive::windows {
namespace {

constexpr std::string_view cbs = "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing";
constexpr std::string_view winners_key = "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners";

/// A backup of the registry alone has a System32 without a single file. A file that is missing
/// there may well be on the disk, so its absence says nothing.
void forget_absent_files(const Sources& sources, ServicingFacts& facts) {
  const auto absent = [](const FileVersionFact& f) { return f.presence == Presence::absent; };
  if (!sources.place.system32 || !std::all_of(facts.files.begin(), facts.files.end(), absent)) {
    return;
  }
  for (const TreeEntry& entry : sources.tree.list(*sources.place.system32)) {
    if (!entry.directory) return;
  }
  for (FileVersionFact& file : facts.files) {
    file.presence = Presence::unknown;
    file.why_unknown = "the files of Windows are not in this source";
  }
}

void read_files(const Sources& sources, Architecture architecture, ServicingFacts& facts) {
  const Place& place = sources.place;
  for (const View view : {View::native, View::wow64}) {
    if (view == View::wow64 && !may_have_wow64(architecture)) continue;
    const bool native = view == View::native;
    std::optional<std::string> folder = place.system32;
    if (!native) {
      folder.reset();
      if (place.windows) folder = join_path(*place.windows, "SysWOW64");
    }
    for (const char* module : {"winhttp.dll", "webio.dll"}) {
      FileVersionFact fact = read_system_file(
          sources.tree, folder, native ? "Windows/System32" : "Windows/SysWOW64", module);
      fact.view = view;
      facts.files.push_back(std::move(fact));
    }
  }
  forget_absent_files(sources, facts);
}

/// Present or absent only if the folder the file would be in is there.
Presence find_pending_xml(const Sources& sources) {
  if (!sources.place.windows) return Presence::unknown;
  try {
    const auto store = sources.tree.find(join_path(*sources.place.windows, "WinSxS"));
    if (!store) return Presence::unknown;
    return sources.tree.find(join_path(*store, "pending.xml")) ? Presence::present
                                                               : Presence::absent;
  } catch (const Error&) {
    return Presence::unknown;
  }
}

/// Runs `search` on a key that is there; an error makes the answer unknown.
template <typename Search>
Presence search_key(const KeyLookup& lookup, std::string& why_unknown, Search search) {
  if (lookup.presence == Presence::unknown || lookup.is_link) {
    why_unknown = lookup.is_link ? lookup.path + " is a symbolic link" : lookup.why_unknown;
    return Presence::unknown;
  }
  if (lookup.presence == Presence::absent) return Presence::absent;
  try {
    search(*lookup.key);
    return Presence::present;
  } catch (const Error& e) {
    why_unknown = e.what();
    return Presence::unknown;
  }
}

bool has_winner(const std::vector<WinnerFact>& winners, std::string_view module) {
  return std::any_of(winners.begin(), winners.end(),
                     [&](const WinnerFact& w) { return w.module == module && w.version; });
}

}  // namespace

void read_servicing(const Sources& sources, Installation& installation) {
  ServicingFacts& facts = installation.servicing;
  const Architecture architecture = installation.os.architecture;
  read_files(sources, architecture, facts);
  facts.pending_xml = find_pending_xml(sources);

  const RegistryHive& software = sources.software;
  facts.reboot_pending = software.key(fmt::format("{}\\RebootPending", cbs)).presence;
  facts.winners_presence =
      search_key(software.key(winners_key), facts.why_unknown,
                 [&](const hive::Key& key) { facts.winners = find_winners(key, architecture); });
  if (facts.winners_presence == Presence::present && facts.winners.empty()) {
    facts.winners_presence = Presence::absent;
  }

  // The rest of the packages matters only where no file, winner or package entry speaks for itself;
  // files and winners do so only if none of them is missing.
  const bool all_files =
      std::all_of(facts.files.begin(), facts.files.end(),
                  [](const FileVersionFact& f) { return f.presence == Presence::present; });
  const bool both_winners =
      has_winner(facts.winners, "winhttp.dll") && has_winner(facts.winners, "webio.dll");
  facts.packages_presence = search_key(
      software.key(fmt::format("{}\\Packages", cbs)), facts.why_unknown, [&](const hive::Key& key) {
        facts.kb3140245 = find_kb3140245(key);
        if (!all_files && !both_winners && facts.kb3140245.empty()) {
          ListedPackages listed = list_packages(key);
          facts.kb3140245 = std::move(listed.kb3140245);
          facts.rollups = std::move(listed.rollups);
        }
      });
}

}  // namespace goldhive::windows
