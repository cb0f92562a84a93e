// All evidence on KB3140245 (docs/rules.md, B6 to B13), from the strongest down: the live files,
// the winners of the component store, the package entries. Each weaker kind costs more reads and
// says less. So the whole list of packages is only walked where files and winners leave the
// question open.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "imgtools/bytes/error.h"
#include "src/windows/cbs_packages.h"
#include "src/windows/system_files.h"
#include "src/windows/topics.h"
#include "src/windows/winners.h"

namespace goldhive::windows {
namespace {

constexpr std::string_view cbs = "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing";
constexpr std::string_view winners_key = "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners";

/// The modules that the update replaces (rule B4).
constexpr std::array modules = {"winhttp.dll", "webio.dll"};

/// Of 7 and 8, which never ran 32-bit programs for ARM beside others.
constexpr std::array views = {View::native, View::wow64};

std::optional<std::string> folder_of(const Place& place, View view) {
  if (view == View::native) return place.system32;
  if (!place.windows) return std::nullopt;
  return join_path(*place.windows, std::string(folder_of_view(view)));
}

void read_files(const Sources& sources, const OsFacts& os, ServicingFacts& facts) {
  for (const View view : views) {
    if (has_view(os, view) == Presence::absent) continue;
    for (const char* module : modules) {
      FileVersionFact fact =
          read_system_file(sources.tree, sources.place.root, folder_of(sources.place, view),
                           fmt::format("Windows/{}", folder_of_view(view)), module);
      fact.view = view;
      facts.files.push_back(std::move(fact));
    }
  }
  const auto absent = [](const FileVersionFact& f) { return f.presence == Presence::absent; };
  if (!std::all_of(facts.files.begin(), facts.files.end(), absent) ||
      has_system_files(sources.tree, sources.place)) {
    return;
  }
  for (FileVersionFact& file : facts.files) {
    file.presence = Presence::unknown;
    file.out_of_reach = true;
  }
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

bool has_winner(const ServicingFacts& facts, View view, std::string_view module) {
  return std::any_of(facts.winners.begin(), facts.winners.end(), [&](const WinnerFact& winner) {
    return winner.view == view && winner.module == module && winner.version;
  });
}

/// Whether files or winners leave nothing open.
bool are_complete(const OsFacts& os, const ServicingFacts& facts) {
  if (std::all_of(facts.files.begin(), facts.files.end(),
                  [](const FileVersionFact& f) { return f.presence == Presence::present; })) {
    return true;
  }
  for (const View view : views) {
    if (has_view(os, view) == Presence::absent) continue;
    for (const char* module : modules) {
      if (!has_winner(facts, view, module)) return false;
    }
  }
  return true;
}

/// Beginnings of the names of packages that matter.
std::vector<std::string> names_of_packages(const OsFacts& os, const ServicingFacts& facts) {
  const auto name = [](std::uint32_t kb) { return fmt::format("Package_for_KB{}", kb); };
  if (os.family == Family::vista) return {name(kb_schannel_2008)};
  if (!are_complete(os, facts)) return {"Package_"};
  if (os.family == Family::windows_8) return {name(kb_winhttp)};
  return {name(kb_winhttp), name(kb_service_pack_1)};
}

}  // namespace

void read_servicing(const Sources& sources, Installation& installation) {
  ServicingFacts& facts = installation.servicing;
  const OsFacts& os = installation.os;
  const RegistryHive& software = sources.software;
  if (os.family == Family::vista) {
    facts.schannel = read_system_file(sources.tree, sources.place.root, sources.place.system32, "",
                                      "schannel.dll")
                         .version;
  } else if (os.family == Family::windows_7 || os.family == Family::windows_8) {
    read_files(sources, os, facts);
    facts.files_from_elsewhere = sources.files_from_elsewhere;
    facts.pending_xml = find_pending_xml(sources);
    facts.reboot_pending = software.key(fmt::format("{}\\RebootPending", cbs)).presence;
    facts.winners_presence = search_key(
        software.key(winners_key), facts.why_unknown,
        [&](const hive::Key& key) { facts.winners = find_winners(key, os.architecture); });
    if (facts.winners_presence == Presence::present && facts.winners.empty()) {
      facts.winners_presence = Presence::absent;
    }
  } else {
    return;
  }
  facts.packages_presence = search_key(
      software.key(fmt::format("{}\\Packages", cbs)), facts.why_unknown, [&](const hive::Key& key) {
        for (const std::string& name : names_of_packages(os, facts)) {
          for (PackageFact& package : list_packages(key, name)) {
            facts.packages.push_back(std::move(package));
          }
        }
      });
}

}  // namespace goldhive::windows
