// Which Windows a SYSTEM hive belongs to, from the hive alone: for a scan that has no SOFTWARE, and
// to see whether the SOFTWARE beside it is of the same Windows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/hive/hive.h"

namespace goldhive::windows {

struct SystemHints {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t build = 0;  ///< 0 where only the line (major.minor) is sure
  std::optional<std::uint32_t> service_pack;
  std::string source;    ///< "machine.inf of its devices, CSDBuildNumber 17514 of Windows 7 SP1"
  std::string conflict;  ///< set: the sources contradict each other, and nothing else is filled
};

/// `control_set`: the key ControlSetNNN that boots. nullopt: nothing in it tells. Reads about a
/// hundred cells at most; what cannot be read counts as not there.
std::optional<SystemHints> os_from_system(const hive::Key& control_set);

}  // namespace goldhive::windows
