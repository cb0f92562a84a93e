// Which Windows this is. No single source is proof (docs/rules.md, E): Windows 11 calls itself 10,
// CurrentVersion stays at 6.3 for ever, and hives of two machines may lie side by side. So the
// sources are asked in order and compared:
//
//   version, build   SOFTWARE Microsoft\Windows NT\CurrentVersion; FileVersion of ntoskrnl.exe;
//                    and where neither is there, what SYSTEM gives away (os_from_system.cc)
//   service pack     CSDVersion in SOFTWARE and in SYSTEM Control\Windows; of Windows 7 also build,
//                    kernel, DLLs and packages (service_pack_1.cc)
//   architecture     architecture.cc
//   one Windows      compare_hives.cc: SOFTWARE and SYSTEM may be of two
//
// Where version and build contradict each other the family stays unknown: a verdict is never a
// guess. A build that no Windows was released with contradicts nothing: Home Server 2011
// is 6.1.8400 (rule I7). Its version says which line it is of, and its files what they can do.
#include <fmt/format.h>

#include <map>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "src/windows/os_from_system.h"
#include "src/windows/system_files.h"
#include "src/windows/topics.h"
#include "src/windows/version_numbers.h"

namespace goldhive::windows {
namespace {

/// Whether an option or the file name of a path is `word`, and not just begins with it.
bool has_word(std::string_view text, std::string_view word) {
  constexpr std::string_view between = " \t\"/\\,;&|";
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(between);
    if (nt_equal(text.substr(0, end), word)) return true;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return false;
}

/// All values of the key, read in one go: a dozen of them are wanted.
class CurrentVersion {
 public:
  CurrentVersion(const RegistryHive& software, OsFacts& os) {
    const KeyLookup& lookup = software.key(nt_current_version);
    os.why_unknown = lookup.why_unknown;
    if (!lookup.key || lookup.is_link) return;
    const auto note = [&os](const Error& e) { os.notes.push_back(e.what()); };
    try {
      for (const hive::Value& value : lookup.key->values(note)) {
        values_.emplace(nt_upcase(value.name()), value);
      }
    } catch (const Error& e) {
      note(e);
    }
  }

  std::string text(std::string_view name) const { return text_of(get(name)); }
  std::optional<std::uint32_t> dword(std::string_view name) const { return get(name).dword(); }

 private:
  /// A value that cannot be read counts as absent, because other sources are asked.
  ValueFact get(std::string_view name) const {
    const auto value = values_.find(nt_upcase(to_utf16(name)));
    return value == values_.end() ? ValueFact() : read_value(value->second);
  }

  std::map<std::u16string, hive::Value> values_;
};

class Identifier {
 public:
  Identifier(const Sources& sources, Installation& installation)
      : sources_(sources),
        installation_(installation),
        os_(installation.os),
        set_(installation.control_sets.to_ask()) {}

  void run() {
    const CurrentVersion values(sources_.software, os_);
    read_names(values);
    identify(values);
    find_service_pack(values);
    find_posready();
    find_winpe(values);
    note_installation_type(values);
  }

 private:
  std::string system_text(std::string_view below, std::string_view name) const {
    if (!set_) return "";
    return text_of(sources_.system.value(in_control_set(*set_, below), name));
  }
  std::optional<std::uint32_t> system_dword(std::string_view below, std::string_view name) const {
    if (!set_) return std::nullopt;
    return sources_.system.dword(in_control_set(*set_, below), name);
  }

  void read_names(const CurrentVersion& values) {
    os_.product = values.text("ProductName");
    os_.edition = values.text("EditionID");
    os_.installation_type = values.text("InstallationType");
    os_.build_lab = values.text("BuildLabEx");
    if (os_.build_lab.empty()) os_.build_lab = values.text("BuildLab");

    const std::string type = system_text("Control\\ProductOptions", "ProductType");
    if (type.empty() || !os_.installation_type.empty()) return;
    os_.installation_type = nt_equal(std::string_view(type), "WinNT") ? "Client" : "Server";
  }

  std::optional<Version> software_version(const CurrentVersion& values) {
    Version version;
    const auto major = values.dword("CurrentMajorVersionNumber");
    const auto minor = values.dword("CurrentMinorVersionNumber");
    const std::string text = values.text("CurrentVersion");
    if (major && minor) {
      version = {*major, *minor, 0};
    } else if (const auto parsed = parse_version(text)) {
      version = *parsed;
    } else if (!text.empty()) {
      os_.notes.push_back(fmt::format("CurrentVersion \"{}\" is not a version", text));
    }
    const auto build_number = parse_number(values.text("CurrentBuildNumber"));
    const auto build =
        parse_number(values.text("CurrentBuild"));  // "1.511.1 () (Obsolete...)" on XP
    if (build_number && build && *build_number != *build) {
      os_.conflicts.push_back(
          fmt::format("CurrentBuildNumber is {}, CurrentBuild is {}", *build_number, *build));
    }
    version.build = build_number ? *build_number : build.value_or(0);
    if (version.major == 0) {
      const Line* line = line_of_build(version.build);
      if (line == nullptr) return std::nullopt;
      version.major = line->major;
      version.minor = line->minor;
      os_.notes.push_back(fmt::format("CurrentVersion is missing; {}.{} follows from build {}",
                                      line->major, line->minor, version.build));
    }
    return version;
  }

  std::optional<Version> kernel_version() {
    if (!sources_.place.system32) return std::nullopt;
    os_.kernel = read_system_file(sources_.tree, sources_.place.root, sources_.place.system32, "",
                                  "ntoskrnl.exe")
                     .version;
    if (!os_.kernel) return std::nullopt;
    return Version{os_.kernel->major, os_.kernel->minor, os_.kernel->build};
  }

  /// Without SOFTWARE and without the kernel: what SYSTEM gives away.
  std::optional<Version> system_version() {
    if (!set_) return std::nullopt;
    const KeyLookup& set = sources_.system.key(in_control_set(*set_, ""));
    if (!set.key) return std::nullopt;
    const auto hints = os_from_system(
        *set.key, sources_.system.key("DriverDatabase").presence == Presence::present);
    if (!hints) return std::nullopt;
    if (!hints->conflict.empty()) {
      os_.conflicts.push_back(hints->conflict);
      return std::nullopt;
    }
    os_.notes.push_back(fmt::format("version {}.{} concluded from SYSTEM alone ({})", hints->major,
                                    hints->minor, hints->source));
    return Version{hints->major, hints->minor, hints->build};
  }

  void identify(const CurrentVersion& values) {
    const auto software = software_version(values);
    const auto kernel = kernel_version();
    std::optional<Version> version = software;
    if (!version && kernel) {
      version = kernel;
      os_.notes.push_back(fmt::format("version {} and build {} come from ntoskrnl.exe",
                                      to_string(*kernel), kernel->build));
    }
    if (!version) version = system_version();
    if (!version) return;

    os_.major = version->major;
    os_.minor = version->minor;
    os_.build = version->build;
    os_.version = to_string(*version);
    os_.family = family_of(*version);
    if (software && kernel) compare_with_kernel(*software, *kernel);
  }

  Family family_of(const Version& version) {
    const Line* line = line_of(version);
    if (line == nullptr) {
      os_.notes.push_back(
          fmt::format("version {} of Windows is not known to these checks", to_string(version)));
      return Family::unknown;
    }
    if (version.build == 0) {
      if (line->family != Family::windows_8_1) return line->family;
      os_.conflicts.push_back("version 6.3 without a build is Windows 8.1 or any later one");
      return Family::unknown;
    }
    const bool files_tell = line->family == Family::windows_7 || line->family == Family::windows_8;
    if (files_tell && !is_release(version.build)) {
      os_.unlisted_build = true;
      os_.notes.push_back(fmt::format("build {} is in no list of Windows {}; its files tell more",
                                      version.build, to_string(version)));
    } else if (version.build < line->first_build || version.build > line->last_build) {
      os_.conflicts.push_back(fmt::format("version {} and build {} are of different Windows",
                                          to_string(version), version.build));
      return Family::unknown;
    }
    return line->family;
  }

  void compare_with_kernel(const Version& software, const Version& kernel) {
    const Line* ours = line_of(software);
    const Line* theirs = line_of(kernel);
    if (ours == nullptr || ours != theirs) {
      os_.conflicts.push_back(fmt::format("SOFTWARE says version {}, ntoskrnl.exe is {}.{}.{}",
                                          to_string(software), kernel.major, kernel.minor,
                                          kernel.build));
      os_.family = Family::unknown;
    } else if (kernel.build != software.build) {
      // Normal on 10 and 11 (enablement packages) and with the 7602 of late updates for 7; of 7600
      // and 7601, service_pack_1.cc says more.
      os_.notes.push_back(fmt::format("SOFTWARE says build {}, ntoskrnl.exe is of build {}",
                                      software.build, kernel.build));
    }
  }

  void find_service_pack(const CurrentVersion& values) {
    const std::string text = values.text("CSDVersion");
    os_.service_pack = parse_service_pack(text);
    if (!text.empty() && !os_.service_pack) {
      os_.notes.push_back(fmt::format("CSDVersion \"{}\" names no service pack", text));
    }
    if (const auto packs = system_dword("Control\\Windows", "CSDVersion")) {
      os_.system_service_pack = *packs >> 8;  // 0x100 is Service Pack 1
    }
    if (!sources_.software.readable() && os_.system_service_pack.value_or(0) != 0) {
      os_.service_pack = os_.system_service_pack;
    }
  }

  /// XP with the updates of POSReady 2009 has a KB family of its own (rule A9).
  void find_posready() {
    os_.posready =
        os_.family == Family::xp && sources_.system.dword("WPA\\PosReady", "Installed") == 1u;
    if (os_.posready) {
      os_.notes.push_back(
          "this Windows XP takes the updates of POSReady 2009 (KB4019276, KB4467770)");
    }
  }

  /// Whether SYSTEM was made for Windows PE: its loader's option, or what it starts with.
  bool system_is_of_winpe() const {
    const std::string command = text_of(sources_.system.value("Setup", "CmdLine"));
    return has_word(system_text("Control", "SystemStartOptions"), "MININT") ||
           has_word(command, "winpeshl.exe") || has_word(command, "winpeshl");
  }

  /// Windows PE is named in SOFTWARE, or SYSTEM starts it. The key MiniNT alone is no proof: full
  /// systems have it, with AllowRefsFormatOverNoMirrorVolume in it or to silence the event log
  /// (rules E7, I6).
  void find_winpe(const CurrentVersion& values) {
    const std::string type = values.text("InstallationType");
    const bool named = nt_equal(std::string_view(os_.edition), "WindowsPE") ||
                       nt_equal(std::string_view(type), "WindowsPE");
    const bool other = !named && (!type.empty() || !os_.edition.empty());
    const bool key = sources_.software.key(std::string(nt_current_version) + "\\WinPE").presence ==
                     Presence::present;
    const bool started = system_is_of_winpe();
    const bool mini_nt =
        set_ &&
        sources_.system.key(in_control_set(*set_, "Control\\MiniNT")).presence == Presence::present;
    const bool old = os_.family != Family::unknown && os_.family < Family::windows_7;
    if (other && (key || started)) {
      os_.family = Family::unknown;
      os_.conflicts.insert(os_.conflicts.begin(), fmt::format("{}, but SOFTWARE says {} {}",
                                                              key ? "SOFTWARE has the key WinPE"
                                                                  : "SYSTEM starts Windows PE",
                                                              type, os_.edition));
    } else if (named || key || started) {
      installation_.winpe = true;
      os_.family = Family::winpe;
    } else if (mini_nt && other) {
      os_.notes.push_back(fmt::format(
          "SYSTEM has Control\\MiniNT, as Windows PE has it and a full Windows can; SOFTWARE says "
          "{} {}",
          type, os_.edition));
    } else if (mini_nt && !old) {
      os_.family = Family::unknown;
      os_.conflicts.insert(
          os_.conflicts.begin(),
          "SYSTEM has Control\\MiniNT, as Windows PE has it and a full Windows can");
    }
  }

  /// What kind of installation it is decides nothing but Windows PE.
  void note_installation_type(const CurrentVersion& values) {
    const std::string type = values.text("InstallationType");
    const bool has_one = os_.family != Family::unknown && os_.family >= Family::windows_7 &&
                         os_.family != Family::winpe && sources_.software.readable();
    const bool known = type == "Client" || type.starts_with("Server") || type == "Nano Server";
    if (!has_one || known) return;
    os_.notes.push_back(fmt::format(
        "InstallationType is {}, which is not known to these checks; this is taken for an ordinary "
        "Windows",
        type.empty() ? "missing" : "\"" + type + "\""));
  }

  const Sources& sources_;
  Installation& installation_;
  OsFacts& os_;
  const std::optional<std::uint32_t> set_;  ///< the control set to ask
};

}  // namespace

void read_os_identity(const Sources& sources, Installation& installation) {
  Identifier(sources, installation).run();
}

}  // namespace goldhive::windows
