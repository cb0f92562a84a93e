// Whether SOFTWARE and SYSTEM are of one Windows (docs/rules.md, I5). Exports of two machines lie
// in one folder, or one hive of a broken Windows was replaced by that of another: then the version
// says nothing about the settings in SYSTEM, and a verdict that rests on both would be a guess.
// What both hives have a trace of is compared:
//
//   version        what SOFTWARE says; the devices' machine.inf and the service pack of Windows 7
//   in
//                  SYSTEM (os_from_system.cc); DriverDatabase, which SYSTEM has since Windows 8.
//                  Devices of an older Windows are left over from an upgrade and contradict nothing
//   kind           InstallationType, ProductType; Windows 10 multi-session (ServerRdsh) is a client
//                  that counts as a server
//   processor      BuildLabEx, PROCESSOR_ARCHITECTURE; where a file of Windows agrees with the
//                  first, the second was set by somebody
//
// One contradiction of these is enough. Others have innocent reasons, so they are only asked about:
//
//   service pack   CSDVersion in both; people set it in SYSTEM for installers. Of Windows 7,
//                  service_pack_1.cc asks further sources
//   computer       the names in SYSTEM; the machine's distinguished name of the last group policy.
//                  Its CN is the name in the domain, and stays the old one after a renaming until
//                  the next policy. Other places (DefaultDomainName, LastLoggedOnSAMUser) may hold
//                  a domain instead, so they only confirm
//   users          ProfileList; the accounts whose programs the Background Activity Moderator (bam)
//                  has counted since Windows 10 1709. Profiles may be gone between two logons
//
// Where hives lie together in a folder of somebody's and nothing confirms that they are of one
// Windows, this is said.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "imgtools/bytes/text.h"
#include "src/windows/os_from_system.h"
#include "src/windows/topics.h"
#include "src/windows/version_numbers.h"

namespace goldhive::windows {
namespace {

class Comparison {
 public:
  Comparison(const Sources& sources, Installation& installation, std::uint32_t set)
      : sources_(sources), installation_(installation), os_(installation.os), set_(set) {}

  void run() {
    compare_versions();
    compare_service_packs();
    compare_kinds();
    compare_processors();
    compare_computers();
    compare_users();
    settle();
  }

 private:
  void contradicts(std::string what) { contradictions_.push_back(std::move(what)); }
  void asks(std::string what) { questions_.push_back(std::move(what)); }

  std::string in_software(std::string_view key, std::string_view name) const {
    return text_of(sources_.software.value(key, name));
  }
  std::string in_system(std::string_view below, std::string_view name) const {
    return text_of(sources_.system.value(in_control_set(set_, below), name));
  }

  void compare_versions() {
    const Version ours{os_.major, os_.minor, os_.build};
    const Line* const line = line_of(ours);
    if (line == nullptr) return;
    const bool before_8 = std::pair(line->major, line->minor) < std::pair(6U, 2U);
    if (before_8 && sources_.system.key("DriverDatabase").presence == Presence::present) {
      contradicts(fmt::format(
          "SOFTWARE says version {}, SYSTEM has a DriverDatabase as Windows has it since 8",
          os_.version));
    }
    const KeyLookup& set = sources_.system.key(in_control_set(set_, ""));
    if (!set.key || set.is_link) return;
    const SystemTraces traces = read_system_traces(*set.key);
    const VersionLine software{line->major, line->minor};
    if (traces.is_windows_7_sp1() && software != VersionLine{6, 1}) {
      contradicts(fmt::format(
          "SOFTWARE says version {}, SYSTEM 6.1 by CSDBuildNumber 17514 of Windows 7 SP1",
          os_.version));
    }
    if (!traces.devices) return;
    confirmed_ = confirmed_ || *traces.devices == software;
    if (*traces.devices <= software) return;
    contradicts(fmt::format("SOFTWARE says version {}, SYSTEM {}.{} by machine.inf of its devices",
                            os_.version, traces.devices->first, traces.devices->second));
  }

  void compare_service_packs() {
    // Some languages have other words for it, which name no service pack to these checks.
    const bool other_words =
        !os_.service_pack && !in_software(std::string(nt_current_version), "CSDVersion").empty();
    if (!os_.system_service_pack || other_words) return;
    const std::uint32_t ours = os_.service_pack.value_or(0);
    const std::uint32_t theirs = *os_.system_service_pack;
    confirmed_ = confirmed_ || (ours == theirs && ours != 0);
    // Windows 7 has one service pack, and many traces of that.
    if (ours == theirs || (os_.family == Family::windows_7 && theirs <= 1)) return;
    asks(fmt::format("CSDVersion: Service Pack {} in SOFTWARE, {} in SYSTEM", ours, theirs));
  }

  void compare_kinds() {
    const std::string type = in_system("Control\\ProductOptions", "ProductType");
    if (type.empty() || nt_equal(std::string_view(os_.edition), "ServerRdsh")) return;
    const bool client = nt_equal(std::string_view(type), "WinNT");
    const bool says_client = os_.installation_type == "Client";
    const bool says_server = os_.installation_type.starts_with("Server");
    if ((says_client && !client) || (says_server && client)) {
      contradicts(fmt::format("InstallationType in SOFTWARE is {}, ProductType in SYSTEM is {}",
                              os_.installation_type, type));
    }
  }

  void compare_processors() {
    const Architecture ours = architecture_of_build_lab(os_.build_lab);
    const Architecture theirs = parse_architecture(
        in_system("Control\\Session Manager\\Environment", "PROCESSOR_ARCHITECTURE"));
    if (ours == os_.architecture) return;  // a file of Windows agrees (architecture.cc)
    if (ours == theirs || ours == Architecture::unknown || theirs == Architecture::unknown) return;
    contradicts(
        fmt::format("BuildLabEx in SOFTWARE says {}, PROCESSOR_ARCHITECTURE in SYSTEM says {}",
                    to_string(ours), to_string(theirs)));
  }

  void compare_computers() {
    const std::string parameters = "Services\\Tcpip\\Parameters";
    std::vector<std::string> names;
    for (const auto& [key, value] : {std::pair<std::string, const char*>{
                                         "Control\\ComputerName\\ComputerName", "ComputerName"},
                                     {"Control\\ComputerName\\ActiveComputerName", "ComputerName"},
                                     {parameters, "NV Hostname"},
                                     {parameters, "Hostname"}}) {
      std::string name = in_system(key, value);
      if (!name.empty()) names.push_back(std::move(name));
    }
    if (names.empty()) return;
    const auto is_name = [](std::string_view a, std::string_view b) {
      constexpr std::size_t longest = 15;  // of a NetBIOS name, to which ComputerName is cut
      return nt_equal(a.substr(0, longest), b.substr(0, longest));
    };
    const auto is_ours = [&](std::string_view other) {
      return !other.empty() &&
             std::any_of(names.begin(), names.end(),
                         [&](const std::string& name) { return is_name(other, name); });
    };
    const std::string domain =
        in_software(std::string(nt_current_version) + "\\Winlogon", "DefaultDomainName");
    const std::string user = in_software(
        "Microsoft\\Windows\\CurrentVersion\\Authentication\\LogonUI", "LastLoggedOnSAMUser");
    confirmed_ = confirmed_ || is_ours(domain) || is_ours(user.substr(0, user.find('\\')));

    // A machine that has left its domain keeps the old name there.
    if (in_system(parameters, "NV Domain").empty()) return;
    const std::string full = in_software(
        "Microsoft\\Windows\\CurrentVersion\\Group Policy\\State\\Machine", "Distinguished-Name");
    constexpr std::string_view prefix = "CN=";
    if (full.size() <= prefix.size() ||
        !nt_equal(std::string_view(full).substr(0, prefix.size()), prefix)) {
      return;
    }
    std::string common = full.substr(prefix.size(), full.find(',') - prefix.size());
    // Of two objects of one name, the domain renames one: a line feed, "CNF:" and a GUID follow.
    common.erase(std::min(common.find("\\0ACNF:"), common.size()));
    if (is_ours(common)) {
      confirmed_ = true;
    } else {
      asks(fmt::format("the group policy in SOFTWARE is of the computer {}, SYSTEM is of {}",
                       common, names.front()));
    }
  }

  /// The keys of a list that are named for accounts of people: local ones, those of a domain, those
  /// of Azure AD.
  static std::vector<std::string> accounts(const KeyLookup& list) {
    std::vector<std::string> found;
    if (!list.key || list.is_link) return found;
    std::vector<std::string> problems;
    for (const char* prefix : {"S-1-5-21-", "S-1-12-1-"}) {
      for (const hive::Key& key : subkeys_with_prefix(*list.key, prefix, problems)) {
        found.push_back(key.name_utf8());
      }
    }
    return found;
  }

  void compare_users() {
    std::vector<std::string> active;
    for (const char* key : {"Services\\bam\\State\\UserSettings", "Services\\bam\\UserSettings"}) {
      const auto more = accounts(sources_.system.key(in_control_set(set_, key)));
      active.insert(active.end(), more.begin(), more.end());
    }
    if (active.empty()) return;
    // A server may have thousands of profiles, so those that are wanted are looked up by name.
    const KeyLookup& profiles =
        sources_.software.key(std::string(nt_current_version) + "\\ProfileList");
    const bool shared = std::any_of(active.begin(), active.end(), [&](const std::string& account) {
      return sources_.software.below(profiles, account).presence != Presence::absent;
    });
    confirmed_ = confirmed_ || (shared && profiles.presence == Presence::present);
    if (shared) return;
    const std::vector<std::string> others = accounts(profiles);
    if (others.empty()) return;
    asks(
        fmt::format("no account with a profile in SOFTWARE ({}) is one of those that "
                    "SYSTEM has seen at work ({})",
                    others.front(), active.front()));
  }

  void settle() {
    if (contradictions_.empty()) {
      if (!questions_.empty()) {
        installation_.warnings.push_back(
            fmt::format("SOFTWARE and SYSTEM are judged as one Windows; check that they are: {}",
                        fmt::join(questions_, "; ")));
        return;
      }
      if (confirmed_ || !installation_.loose) return;
      installation_.warnings.push_back(
          "SOFTWARE and SYSTEM lie together and are judged as one Windows; nothing in them "
          "confirms that they are, and nothing contradicts it");
      return;
    }
    contradictions_.insert(contradictions_.end(), questions_.begin(), questions_.end());
    os_.hives_contradict = fmt::format("SOFTWARE and SYSTEM contradict each other: {}",
                                       fmt::join(contradictions_, "; "));
    os_.conflicts.insert(os_.conflicts.begin(), os_.hives_contradict);
    os_.family = Family::unknown;
    os_.architecture = Architecture::unknown;
    os_.posready = false;
    installation_.winpe = false;
  }

  const Sources& sources_;
  Installation& installation_;
  OsFacts& os_;
  const std::uint32_t set_;  ///< the control set to ask
  std::vector<std::string> contradictions_;
  std::vector<std::string> questions_;  ///< differences that one Windows can have
  bool confirmed_ = false;
};

}  // namespace

void compare_hives(const Sources& sources, Installation& installation) {
  const auto set = installation.control_sets.to_ask();
  if (!set || !sources.software.readable()) return;
  Comparison(sources, installation, *set).run();
}

}  // namespace goldhive::windows
