#include "src/policy/schannel_rules.h"

#include <array>
#include <limits>

namespace goldhive::policy {

using windows::Family;

namespace {

constexpr ProtocolState on = ProtocolState::on;
constexpr ProtocolState off = ProtocolState::off_by_default;
constexpr ProtocolState none = ProtocolState::unsupported;
constexpr ProtocolState open = ProtocolState::unknown;

constexpr std::array<std::string_view, 5> columns = {"SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1",
                                                     "TLS 1.2"};

/// One row of the table of defaults (docs/rules.md, C5). The first row whose family matches and
/// whose `below` exceeds the build counts. Builds from 22000 on (Windows 11) are not judged on
/// TLS 1.0 and 1.1 without a value, because Microsoft turns them off in steps that the build does
/// not tell.
struct DefaultRow {
  Family family;
  std::uint32_t below;  ///< builds less than this
  std::array<ProtocolState, 5> client;
  std::array<ProtocolState, 5> server;
};

constexpr std::uint32_t any_build = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t build_1607 = 14393;
constexpr std::uint32_t build_windows_11 = 22000;

constexpr std::array<DefaultRow, 6> defaults = {{
    // family, builds below            SSL 2.0  3.0  TLS 1.0  1.1   1.2     SSL 2.0 ...
    {Family::windows_7, any_build, {off, on, on, off, off}, {on, on, on, off, off}},
    {Family::windows_8, any_build, {off, on, on, on, on}, {off, on, on, on, on}},
    {Family::windows_8_1, any_build, {off, on, on, on, on}, {off, on, on, on, on}},
    {Family::windows_10, build_1607, {off, on, on, on, on}, {off, on, on, on, on}},
    {Family::windows_10, build_windows_11, {none, off, on, on, on}, {none, off, on, on, on}},
    {Family::windows_10, any_build, {none, off, open, open, on}, {none, off, open, open, on}},
}};

/// Windows 10 or later of an unknown build: what the three rows above have in common.
constexpr std::array<ProtocolState, 5> some_windows_10 = {open, open, open, open, on};

}  // namespace

const char* to_string(ProtocolState state) {
  switch (state) {
    case ProtocolState::on:
      return "on";
    case ProtocolState::off_by_default:
      return "off by default";
    case ProtocolState::denied:
      return "denied";
    case ProtocolState::unsupported:
      return "not supported";
    case ProtocolState::unknown:
      break;
  }
  return "not known";
}

ProtocolState os_default(const windows::OsFacts& os, std::string_view protocol,
                         windows::Side side) {
  for (std::size_t column = 0; column < columns.size(); ++column) {
    if (columns.at(column) != protocol) continue;
    if (os.family == Family::windows_10 && os.build == 0) return some_windows_10.at(column);
    for (const DefaultRow& row : defaults) {
      if (row.family != os.family || os.build >= row.below) continue;
      return (side == windows::Side::client ? row.client : row.server).at(column);
    }
  }
  return ProtocolState::unknown;
}

ProtocolState resulting_state(const windows::OsFacts& os, std::string_view protocol,
                              windows::Side side, std::optional<std::uint32_t> enabled,
                              std::optional<std::uint32_t> disabled_by_default) {
  const ProtocolState unset = os_default(os, protocol, side);
  if (unset == ProtocolState::unsupported) return unset;
  if (enabled == 0U) return ProtocolState::denied;
  if (disabled_by_default) return *disabled_by_default == 0 ? on : off;
  if (!enabled) return unset;
  // Enabled alone. On Windows 7 it only stops denying the protocol: one that is off by default
  // stays off. From Windows 8 on it is enough.
  return os.family == Family::windows_7 ? unset : on;
}

}  // namespace goldhive::policy
