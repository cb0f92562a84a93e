// Facts from literals: whole installations as the reader would report them, to be changed in one
// place by a test and judged.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/policy/checks.h"
#include "src/policy/policy.h"
#include "src/windows/facts.h"
#include "src/windows/settings.h"

namespace goldhive::testing {

inline constexpr std::string_view today = "2026-06-15";

/// An installation as it comes from the medium: nothing set, nothing updated. Control set 1 boots.
windows::Installation fresh(windows::Family family, std::uint32_t build,
                            windows::Architecture architecture = windows::Architecture::amd64);
/// Windows 7 SP1 x64.
windows::Installation windows_7();
/// Windows 7 SP1 x64 with everything the baseline asks for.
windows::Installation compliant_windows_7();

/// Adds a copy of control set 1 as set `number`.
void add_control_set(windows::Installation& installation, std::uint32_t number);

windows::ValueFact& secure_protocols(windows::Installation& installation, windows::View view);
windows::SchannelFacts& schannel(windows::Installation& installation, std::uint32_t set,
                                 std::string_view protocol,
                                 windows::Side side = windows::Side::client);
/// The first place of a standalone setting in a control set.
windows::ValueFact& setting_value(windows::Installation& installation,
                                  const windows::Setting& setting, std::uint32_t set = 0,
                                  std::string_view name = "");
/// A package entry as the reader would find it; without a state where `state` is nullopt.
windows::PackageFact package(const std::string& identity, std::optional<std::uint32_t> state);
/// All four (or two) files.
void set_files(windows::Installation& installation, windows::FileVersion version);
windows::FileVersionFact& file(windows::Installation& installation, windows::View view,
                               std::string_view module);

void set_dword(windows::ValueFact& fact, std::uint32_t number);
void set_data(windows::ValueFact& fact, hive::ValueType type, Bytes data);
void set_unknown(windows::ValueFact& fact, std::string why);
/// SOFTWARE or SYSTEM is not there, and all that came from it is unknown.
void remove_hive(windows::Installation& installation, windows::HiveName name);

/// The rows of one check.
std::vector<policy::Finding> rows_of(const std::vector<policy::Finding>& findings,
                                     std::string_view id);
/// evaluate() with the baseline, rows of one check.
std::vector<policy::Finding> baseline_rows(const windows::Installation& installation,
                                           std::string_view id);

}  // namespace goldhive::testing
