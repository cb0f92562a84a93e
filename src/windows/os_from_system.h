// Which Windows a SYSTEM hive belongs to, from the hive alone: for a scan that has no SOFTWARE, and
// to see whether the SOFTWARE beside it is of the same Windows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "src/hive/hive.h"

namespace goldhive::windows {

using VersionLine = std::pair<std::uint32_t, std::uint32_t>;  ///< major, minor

/// What a SYSTEM shows of its Windows, each trace by itself.
struct SystemTraces {
  std::optional<VersionLine> devices;  ///< the highest line among devices set up from machine.inf
  std::optional<std::uint32_t> service_pack;  ///< CSDVersion; 0x100 for SP1
  std::optional<std::uint32_t> revision;      ///< CSDBuildNumber
  /// No other Windows has this pair.
  bool is_windows_7_sp1() const { return service_pack == 0x100U && revision == 17514U; }
};

struct SystemHints {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t build = 0;  ///< 0 where only the line (major.minor) is sure
  std::optional<std::uint32_t> service_pack;
  std::string source;    ///< "machine.inf of its devices, CSDBuildNumber 17514 of Windows 7 SP1"
  std::string conflict;  ///< set: the sources contradict each other, and nothing else is filled
};

/// `control_set`: the key ControlSetNNN that boots. What cannot be read counts as not there.
SystemTraces read_system_traces(const hive::Key& control_set);

/// `driver_database`: SYSTEM has that key. nullopt: nothing tells.
std::optional<SystemHints> os_from_system(const hive::Key& control_set, bool driver_database);

}  // namespace goldhive::windows
