#include "src/policy/schannel_rules.h"

#include <array>
#include <limits>

#include "src/policy/finding_parts.h"

namespace goldhive::policy {

using windows::Family;

namespace {

constexpr ProtocolState on = ProtocolState::on;
constexpr ProtocolState off = ProtocolState::off_by_default;
constexpr ProtocolState denied = ProtocolState::denied;
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

enum class Number { absent, zero, other };

Number number_of(const std::optional<std::uint32_t>& value) {
  if (!value) return Number::absent;
  return *value == 0 ? Number::zero : Number::other;
}

/// One row of the table of results (rules C2, C4). Without a state: the default of that Windows.
struct StateRow {
  Number enabled;
  Number disabled_by_default;
  std::optional<ProtocolState> seven;
  std::optional<ProtocolState> later;  ///< Windows 8 and all after it
};

constexpr std::optional<ProtocolState> unset = std::nullopt;

constexpr std::array<StateRow, 9> states = {{
    // Enabled      DisabledByDefault   7      8 and later
    {Number::absent, Number::absent, unset, unset},
    {Number::absent, Number::zero, on, on},
    {Number::absent, Number::other, off, off},
    // Alone, "Enabled" does not enable on Windows 7 what is off by default. Later it does.
    {Number::other, Number::absent, unset, on},
    {Number::other, Number::zero, on, on},
    {Number::other, Number::other, off, off},
    {Number::zero, Number::absent, denied, denied},
    {Number::zero, Number::zero, denied, denied},
    {Number::zero, Number::other, denied, denied},
}};

/// What a value may be to Schannel: its number, or, of another type, nothing or the number that a
/// reader finds who does not look at the type.
std::vector<std::optional<std::uint32_t>> possible_numbers(const windows::ValueFact& fact) {
  if (!wrong_type(fact)) return {fact.dword()};
  Bytes data = fact.data;
  data.resize(4);
  return {std::nullopt, ByteView(data, 0, fact.value).u32(0)};
}

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
  const ProtocolState by_default = os_default(os, protocol, side);
  if (by_default == ProtocolState::unsupported) return by_default;
  const Number first = number_of(enabled);
  const Number second = number_of(disabled_by_default);
  for (const StateRow& row : states) {
    if (row.enabled != first || row.disabled_by_default != second) continue;
    return (os.family == Family::windows_7 ? row.seven : row.later).value_or(by_default);
  }
  return ProtocolState::unknown;  // never reached: the table has a row for each pair
}

std::vector<SchannelReading> possible_readings(const windows::OsFacts& os,
                                               const windows::SchannelFacts& facts) {
  std::vector<SchannelReading> readings;
  for (const auto enabled : possible_numbers(facts.enabled)) {
    for (const auto disabled : possible_numbers(facts.disabled_by_default)) {
      const bool switched_off =
          number_of(enabled) == Number::zero || number_of(disabled) == Number::other;
      const ProtocolState state =
          resulting_state(os, facts.protocol, facts.side, enabled, disabled);
      if (state == ProtocolState::unknown) {
        readings.push_back({ProtocolState::on, switched_off});
        readings.push_back({ProtocolState::off_by_default, switched_off});
      } else {
        readings.push_back({state, switched_off});
      }
    }
  }
  return readings;
}

}  // namespace goldhive::policy
