// What WinHTTP makes of the DWORD DefaultSecureProtocols: which bits it knows, what it takes when
// the value is absent or unusable, and what a patch would write.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "src/windows/facts.h"

namespace goldhive::policy {

/// The check that is about it.
inline constexpr std::string_view secure_protocols_id = "winhttp.default-secure-protocols";

/// How a Windows reads the value.
struct WinHttpDefaults {
  /// Bits that are legal; a value with any other is ignored as a whole (rules A6).
  std::uint32_t legal = 0;
  /// The protocols used without a usable value: those for certain, and those that depend on the
  /// update level (rules A7).
  std::uint32_t certain = 0;
  std::uint32_t possible = 0;
};
WinHttpDefaults winhttp_defaults(const windows::OsFacts& os);

/// The bits a patch would write over `old` (nullopt: absent or not a DWORD): what is there and
/// legal, plus what is required, minus what is forbidden (rules A13).
std::uint32_t merged_protocols(std::optional<std::uint32_t> old, std::uint32_t legal,
                               std::uint32_t required, std::uint32_t forbidden);

}  // namespace goldhive::policy
