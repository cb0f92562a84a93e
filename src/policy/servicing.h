// The evidence about KB3140245, weighed: what servicing.cc's decision table looks at.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/windows/facts.h"

namespace goldhive::policy::servicing {

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
PackageState package_state(std::uint32_t current_state);

/// A file or component and its version.
struct Item {
  std::string name;     ///< "Windows\System32\winhttp.dll" or a component's key
  std::string version;  ///< "6.1.7601.17514"; "" where it could not be read
  std::string remark;   ///< "foreign: not a file of Windows 6.1"
};
/// "System32\winhttp.dll, System32\webio.dll 6.1.7601.17514": a version stands behind the last of
/// those that share it.
std::string list(const std::vector<Item>& items);

/// Items against the threshold.
struct Measured {
  std::vector<Item> good;     ///< at or above
  std::vector<Item> bad;      ///< below, or foreign
  std::vector<Item> missing;  ///< needed, not readable
  bool complete = false;      ///< everything needed is there, and good
};

struct Package {
  std::string identity;
  PackageState state = PackageState::not_known;
  std::optional<std::uint32_t> number;
};

struct Evidence {
  windows::FileVersion threshold;
  Measured files;
  Measured winners;
  /// The top-level package of the update that says most; a member package where there is no other.
  std::optional<Package> package;
  bool packages_listed = false;      ///< CBS\Packages is there
  std::vector<std::string> rollups;  ///< later monthly rollups that are installed or superseded
  bool pending_xml = false;
  bool registry_read = false;  ///< Winners and packages could be asked
  std::string why_not_read;
  std::vector<std::string> lines;  ///< every raw fact, for the report
};

Evidence weigh(const windows::Installation& installation);

}  // namespace goldhive::policy::servicing
