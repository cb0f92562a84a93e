// What Schannel makes of the two values Enabled and DisabledByDefault of one protocol and side, on
// one Windows: docs/rules.md, C2 to C5 as two tables, apart from every report.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/windows/facts.h"

namespace goldhive::policy {

enum class ProtocolState {
  on,              ///< in the default set: offered to programs that name no protocols
  off_by_default,  ///< only programs that name it get it
  denied,          ///< no program gets it, not even by name
  unsupported,     ///< this Windows does not have it
  unknown,         ///< it depends on something that is not known
};
/// "on", "off by default", "denied", "not supported", "not known".
const char* to_string(ProtocolState state);

/// C5: without any value.
ProtocolState os_default(const windows::OsFacts& os, std::string_view protocol, windows::Side side);

/// C2, C4: with the values as Schannel reads them; nullopt = absent.
ProtocolState resulting_state(const windows::OsFacts& os, std::string_view protocol,
                              windows::Side side, std::optional<std::uint32_t> enabled,
                              std::optional<std::uint32_t> disabled_by_default);

/// One way in which Schannel may read the two values.
struct SchannelReading {
  ProtocolState state =
      ProtocolState::unknown;  ///< never `unknown` in what possible_readings() gives
  bool switched_off = false;   ///< by a value, whatever the default is
};

/// Every way that is possible. A value of another type than REG_DWORD may count as absent, as it
/// does for WinHTTP, or as the number that its first bytes are: nobody has looked. A default that
/// is not known may be on or off. The values must be present or absent for certain: see
/// unreadable().
std::vector<SchannelReading> possible_readings(const windows::OsFacts& os,
                                               const windows::SchannelFacts& facts);

}  // namespace goldhive::policy
