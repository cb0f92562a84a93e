// GUIDs as they lie on disk (GPT, VHDX, WIM): the first three groups little-endian, the rest in
// order.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "imgtools/bytes/bytes.h"

namespace goldhive {

struct Guid {
  std::array<std::uint8_t, 16> bytes{};

  bool operator==(const Guid&) const = default;
  bool is_zero() const { return *this == Guid{}; }
};

/// The 16 bytes at `at`.
Guid guid_at(const ByteView& view, std::size_t at);

/// "2dc27766-f623-4200-9d64-115e9bfd4a08"
std::string to_string(const Guid& guid);

/// With or without braces, in any case; nullopt if the text is no GUID.
std::optional<Guid> parse_guid(std::string_view text);

}  // namespace goldhive
