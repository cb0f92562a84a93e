// The evidence about KB3140245, weighed: what servicing.cc's decision table looks at.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/windows/facts.h"

namespace goldhive::policy::servicing {

/// The check that rests on this evidence.
inline constexpr std::string_view id = "servicing.kb3140245";

/// B11, by CurrentState.
enum class PackageState {
  permanent,            ///< 0x80
  installed,            ///< 0x70
  superseded,           ///< 0x50: what it held is there in a newer version
  install_pending,      ///< 0x60: after the next start
  partially_installed,  ///< 0x65: broken
  uninstall_pending,    ///< 0x05: going away
  not_installed,        ///< 0x40 (staged) and lower: present, but not installed
  not_known,            ///< no CurrentState, or a number without a meaning
};
const char* name(PackageState state);     ///< "staged or less", for "CBS: 0x40 (...)"
const char* meaning(PackageState state);  ///< one clause
PackageState package_state(const windows::PackageFact& package);

/// A file or component and its version.
struct Item {
  std::string name;     ///< "System32\winhttp.dll", or "winhttp.dll (amd64)" of the component store
  std::string version;  ///< "6.1.7601.17514"; "" where it could not be read
  std::string remark;   ///< "foreign: not a file of Windows 6.1", "not there"
};
/// "System32\winhttp.dll, System32\webio.dll 6.1.7601.17514": a version stands behind the last of
/// those that share it. "winhttp.dll (64 and 32 bit)" is in System32 and in SysWOW64.
std::string list(const std::vector<Item>& items);

/// What is needed, against the threshold: both modules, for each view that this Windows may have.
struct Measured {
  std::vector<Item> good;     ///< at or above
  std::vector<Item> bad;      ///< below, foreign, or lost
  std::vector<Item> missing;  ///< needed, and its version is not known
  bool complete() const { return bad.empty() && missing.empty(); }
};

struct Package {
  PackageState state = PackageState::not_known;
  std::optional<std::uint32_t> number;
};

struct Evidence {
  windows::FileVersion threshold;
  Measured files;
  bool files_out_of_reach = false;    ///< no file of Windows is in this source
  bool files_unread = false;          ///< one is there, and its version could not be read
  bool files_from_elsewhere = false;  ///< someone says that they belong to the hives (--files)
  std::string twin;  ///< a file of which there is another one, and which Windows opens is not known
  Measured winners;
  std::optional<Package> package;  ///< the update's entry that counts and says most
  /// A part of the update that is installed, whether the package itself is listed or not.
  std::optional<std::string> part;
  bool packages_listed = false;      ///< CBS\Packages is there
  std::vector<std::string> rollups;  ///< later updates that are installed or superseded
  bool pending_xml = false;
  std::string why_not_read;        ///< set: Winners and packages could not be asked
  std::vector<std::string> lines;  ///< every raw fact, for the report
};

Evidence weigh(const windows::Installation& installation);

/// Whether Schannel of this Windows XP or Vista has TLS 1.1 and 1.2, by KB4019276 (docs/rules.md,
/// A9, I15): the line of POSReady 2009 takes it; on Server 2008 SP2 the file tells, else the
/// package.
bool has_kb4019276(const windows::Installation& installation);

}  // namespace goldhive::policy::servicing
