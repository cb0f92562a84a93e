// What was found in one Windows installation: plain values, no hive, no image, no judgement. Checks
// (src/policy) see only these structs, so their tests build them from literals.
//
// Three states run through everything: present, absent, and unknown. Absent means "looked, not
// there"; unknown means "could not look", and a check must never turn it into a verdict.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/bytes/bytes.h"
#include "imgtools/bytes/error.h"
#include "imgtools/volume.h"
#include "src/hive/recovery.h"

namespace goldhive::windows {

enum class Presence { absent, present, unknown };

/// One registry value that a check cares about.
struct ValueFact {
  std::string key;    ///< "HKLM\SOFTWARE\Wow6432Node\...", as found where found, else as looked for
  std::string value;  ///< value name
  Presence key_presence = Presence::unknown;
  std::optional<hive::FileTime> key_last_written;  ///< when the key is present
  bool key_is_link = false;                        ///< reported, not followed
  Presence presence = Presence::unknown;
  hive::ValueType type = hive::ValueType::none;  ///< when present
  Bytes data;                                    ///< when present, raw
  std::string why_unknown;                       ///< "SOFTWARE is missing", or the parse error

  /// The number, only if it is a REG_DWORD of exactly 4 bytes.
  std::optional<std::uint32_t> dword() const;
};

enum class HiveName { software, system };
const char* to_string(HiveName name);  ///< "SOFTWARE", "SYSTEM"

struct HiveFact {
  HiveName name = HiveName::software;
  bool missing = true;  ///< no such file; all below is empty
  std::string path;     ///< exact path in the volume
  std::uint64_t size = 0;
  hive::HiveState state = hive::HiveState::damaged;
  std::string reason;  ///< why dirty or damaged
  /// Read without its logs, as the user asked for (--no-logs), whether they help or not.
  bool logs_ignored = false;
  std::uint32_t sequence1 = 0;
  std::uint32_t sequence2 = 0;
  hive::FileTime last_written = 0;
  std::optional<std::string> sha256;  ///< of the primary file as found, when asked for
  std::vector<hive::LogAccount> logs;
  std::optional<Error> error;  ///< when damaged

  /// Damaged, and nobody knows whether it is: its bytes were not to be had (a failing disk, an
  /// encrypted member of an archive), or are in doubt, or it is another kind of hive.
  bool unread() const;
};

/// Why nothing is known of what is in the hive: "SYSTEM is missing", "SYSTEM is damaged: ...",
/// "SYSTEM could not be read: ...".
std::string trouble_of(const HiveFact& hive);

enum class Architecture { unknown, x86, amd64, ia64, arm, arm64 };
const char* to_string(Architecture a);  ///< "x86", "amd64", ...
inline bool is_64_bit(Architecture a) {
  return a == Architecture::amd64 || a == Architecture::ia64 || a == Architecture::arm64;
}

/// Families as the rules tell them apart (rules 0, E3). Servers and embedded editions go with
/// their kernel.
enum class Family {
  unknown,
  nt_4,
  windows_2000,
  xp,
  vista,
  windows_7,
  windows_8,
  windows_8_1,
  windows_10,
  winpe
};
/// "windows-nt-4.0", "windows-2000", "windows-xp" (also 2003), "windows-vista" (2008), "windows-7"
/// (2008 R2), "windows-8" (2012), "windows-8.1" (2012 R2), "windows-10" (10, 11, Server 2016 and
/// later), "winpe", "unknown".
const char* to_string(Family f);

struct FileVersion {
  std::uint16_t major = 0, minor = 0, build = 0, revision = 0;
  auto operator<=>(const FileVersion&) const = default;  // NOLINT(modernize-use-nullptr)
};
std::string to_string(const FileVersion& v);  ///< "6.1.7601.17514"

/// Whether Service Pack 1 of Windows 7 and Server 2008 R2 is there.
struct ServicePack1 {
  Presence presence = Presence::unknown;
  std::string signs;     ///< what says so: "build 7601, CSDVersion in SOFTWARE, ..."
  std::string conflict;  ///< set: its signs contradict each other, and it is unknown therefore
};

struct OsFacts {
  std::string product;  ///< ProductName; "" if unknown
  std::string version;  ///< "6.1"; "10.0" from CurrentMajor/MinorVersionNumber
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t build = 0;  ///< 0 if unknown
  /// The version is one of Windows 7 or 8, and the build is in no list of it (Home Server 2011).
  bool unlisted_build = false;
  std::optional<std::uint32_t> service_pack;         ///< from CSDVersion; nullopt if there is none
  std::optional<std::uint32_t> system_service_pack;  ///< the same from SYSTEM; 0: none
  std::optional<FileVersion> kernel;                 ///< of ntoskrnl.exe
  ServicePack1 sp1;                                  ///< of Windows 7 and Server 2008 R2 alone
  bool posready = false;                             ///< XP that takes the updates of POSReady 2009
  std::string edition;                               ///< EditionID
  std::string installation_type;                     ///< "Client", "Server", "Server Core", ...
  std::string build_lab;                             ///< BuildLabEx, else BuildLab
  Architecture architecture = Architecture::unknown;
  /// Whether the parts of a 64-bit Windows are there that run 32-bit programs: those for x86
  /// (Server Core can be without), and on ARM64 those for ARM. has_view() asks these.
  Presence wow64 = Presence::present;
  Presence wowaa32 = Presence::absent;
  Family family = Family::unknown;
  /// Why the key that names the version could not be read, though its hive could; "" if it was.
  std::string why_unknown;
  std::vector<std::string> notes;      ///< sources that disagree, odd spellings
  std::vector<std::string> conflicts;  ///< contradictions that make the identity doubtful
  /// Not "": SOFTWARE and SYSTEM contradict each other, and how; the first of the conflicts.
  std::string hives_contradict;
};

struct ControlSetFacts {
  std::optional<std::uint32_t> current, default_, failed, last_known_good;  ///< from Select
  std::vector<std::uint32_t> present;  ///< N of every ControlSetNNN key, sorted
  /// The set the next boot uses: Select\Default, or the only set when Select is missing.
  std::optional<std::uint32_t> boots;
  std::string note;   ///< e.g. "Select is missing; ControlSet001 is the only set"
  std::string error;  ///< why `boots` is empty though SYSTEM could be read
  /// The last boot used another set than the next one will (rule I12).
  bool boots_another() const { return boots && current.value_or(0) != 0 && current != boots; }
  /// The set to ask what holds for all of them: the one that boots, else the first.
  std::optional<std::uint32_t> to_ask() const;
};
std::string control_set_name(std::uint32_t number);  ///< "ControlSet010"
/// 10 for "ControlSet010"; nullopt for a name that is no set's ("ControlSet10").
std::optional<std::uint32_t> control_set_number(std::string_view name);

/// The views of HKLM\SOFTWARE that programs have, and the folders that their DLLs come from: 32-bit
/// programs on a 64-bit Windows have views of their own, those for x86 and on ARM64 those for ARM.
enum class View { native, wow64, wowaa32 };
const char* to_string(View v);  ///< "native", "wow64", "wowaa32"
inline constexpr std::array all_views = {View::native, View::wow64, View::wowaa32};

/// Whether this Windows runs programs of that view; unknown where nobody can say.
Presence has_view(const OsFacts& os, View view);

struct WinHttpFacts {
  View view = View::native;
  ValueFact default_secure_protocols;
};

enum class Side { client, server };
const char* to_string(Side s);  ///< "client", "server"

struct SchannelFacts {
  std::uint32_t control_set = 0;
  std::string protocol;  ///< "TLS 1.2"
  Side side = Side::client;
  ValueFact enabled;
  ValueFact disabled_by_default;
};

struct FileVersionFact {
  std::string path;    ///< "Windows/System32/winhttp.dll", as found or as looked for
  std::string module;  ///< "winhttp.dll", "webio.dll"
  View view = View::native;
  Presence presence = Presence::unknown;  ///< unknown: there but unreadable, or out of reach
  bool out_of_reach = false;              ///< the files of Windows are not in this source
  bool lost = false;  ///< absent from a folder that has all else: damage, and no partial copy
  std::optional<FileVersion> version;                 ///< VS_FIXEDFILEINFO FileVersion
  Architecture architecture = Architecture::unknown;  ///< of the PE header
  std::string why_unknown;
  /// Another file that Windows may open instead, as its path differs in case only; "": none. The
  /// file is unknown then.
  std::string twin;
};

struct WinnerFact {
  std::string component;     ///< key name
  std::string module;        ///< "winhttp.dll", "webio.dll"
  View view = View::native;  ///< of the programs that use it
  std::string architecture;  ///< prefix: "amd64", "x86", "wow64", ...
  std::string version_text;
  std::optional<FileVersion> version;
};

/// Updates whose package entries tell something.
inline constexpr std::uint32_t kb_winhttp = 3140245;        ///< what servicing.kb3140245 is about
inline constexpr std::uint32_t kb_service_pack_1 = 976932;  ///< of Windows 7 and Server 2008 R2
inline constexpr std::uint32_t kb_schannel_2008 = 4019276;  ///< TLS 1.1 and 1.2 for Server 2008 SP2

/// A package entry of CBS: one of the updates above, or a later one that may hold KB3140245's
/// files.
struct PackageFact {
  std::string identity;   ///< key name
  std::uint32_t kb = 0;   ///< 0: Package_for_RollupFix
  bool top_level = true;  ///< Package_for_KB...; false: Package_N_for_KB..., Package_for_KB..._SP1
  Architecture architecture = Architecture::unknown;
  FileVersion version;  ///< of the package: 6.1.1.1; of a RollupFix it begins with the build
  Presence state_presence = Presence::unknown;
  std::uint32_t state = 0;  ///< CurrentState
};

/// Only for Windows Vista to 8 and their servers: no check asks for it elsewhere.
struct ServicingFacts {
  /// Every file B6 asks for: System32 always, SysWOW64 where there may be 32-bit programs.
  std::vector<FileVersionFact> files;
  /// They are not from where the hives are: somebody says that they belong to them (--files).
  bool files_from_elsewhere = false;
  std::optional<FileVersion> schannel;  ///< of System32\schannel.dll, on Vista and Server 2008
  /// Winners of winhttp and webio. `winners_presence` unknown: the hive could not be asked.
  Presence winners_presence = Presence::unknown;
  std::vector<WinnerFact> winners;
  Presence packages_presence = Presence::unknown;  ///< of the key CBS\Packages
  /// Those of KB3140245 and of the service pack; later updates and members only where files and
  /// winners leave the question open.
  std::vector<PackageFact> packages;
  Presence pending_xml = Presence::unknown;     ///< WinSxS\pending.xml
  Presence reboot_pending = Presence::unknown;  ///< CBS\RebootPending
  std::string why_unknown;
};

/// A key, or a value of a key, that Windows never reads.
struct IgnoredEntry {
  std::string key;
  std::string value;  ///< "": the key itself
  std::string reason;
  std::optional<hive::FileTime> last_written;
};

struct DotNetFacts {
  View view = View::native;
  std::string runtime;  ///< "v2.0.50727", "v4.0.30319"
  ValueFact strong_crypto;
  ValueFact system_default_tls;
};

struct WinInetFacts {
  std::string scope;  ///< "machine", "policy"
  ValueFact secure_protocols;
};

struct Setting;  // settings.h

/// One place of a setting that has no facts of its own kind.
struct SettingFact {
  const Setting* setting = nullptr;
  View view = View::native;       ///< of a setting that stands in both views
  std::uint32_t control_set = 0;  ///< of a setting that stands in each control set
  std::string name;               ///< of a setting that stands in several keys: which one
  ValueFact value;
};

/// Everything found in one installation.
struct Installation {
  std::string target;  ///< path of the target, with '/' between its parts on every system
  std::string id;      ///< target path + volume id (+ ":" + root where a volume holds several)
  std::string root;    ///< path in the volume: "/", "/Windows.old"
  /// Exact path of the Windows folder; "" for loose hives, and where the volume begins at it.
  std::string windows_directory;
  bool loose = false;           ///< a hive file or a folder of hives: no Windows folder around it
  bool regback = false;         ///< hives of config\RegBack
  std::vector<HiveFact> hives;  ///< SOFTWARE, then SYSTEM; always both, missing or not
  VolumeState volume;
  OsFacts os;
  bool winpe = false;
  ControlSetFacts control_sets;
  std::vector<WinHttpFacts> winhttp;  ///< native, then wow64 (wow64 also when not 64-bit, if there)
  std::vector<SchannelFacts> schannel;  ///< every present set x protocol x side
  ServicingFacts servicing;
  std::vector<DotNetFacts> dotnet;
  std::vector<WinInetFacts> wininet;
  std::vector<SettingFact> settings;  ///< the standalone ones of settings.h, in every place
  std::vector<IgnoredEntry> ignored;
  std::vector<std::string> warnings;
  /// Why a folder of the volume, which may hold another Windows, could not be looked into.
  std::optional<Error> not_looked_into;
};

/// The facts of one standalone setting, in the order of settings.h.
std::vector<const SettingFact*> facts_of(const Installation& installation, const Setting& setting);

/// Every value that a plan may change.
void for_each_value(Installation& installation, const std::function<void(ValueFact&)>& visit);
void for_each_value(const Installation& installation,
                    const std::function<void(const ValueFact&)>& visit);

}  // namespace goldhive::windows
