// What the topic files share: how a row is filled, when a check does not apply, how raw registry
// data is shown, and how the edit of one value is made.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/policy/finding.h"
#include "src/windows/facts.h"

namespace goldhive::policy {

/// "0xa00"
std::string hex(std::uint32_t number);

/// Registry data as reports show it: numbers as "0xa00", text as it is, other bytes as "0a 00".
std::string show_data(hive::ValueType type, const Bytes& data);

/// "Windows 7", "Windows 8.1", ...: the family with its build where known.
std::string os_name(const windows::OsFacts& os);

/// "build 7600", "an unknown build"
std::string build_name(const windows::OsFacts& os);

/// Why the TLS checks do not apply to this installation at all (WinPE, XP, Vista: docs/rules.md,
/// 0), or nullopt where they do or where it is not known.
std::optional<std::string> out_of_scope(const windows::Installation& installation);

/// What is missing and what would settle it, where the version of Windows is unknown or
/// contradictory; nullopt where it is known.
std::optional<std::string> unknown_os(const windows::Installation& installation);

/// Why it cannot be told whether Windows 7 or Server 2008 R2 has Service Pack 1, and what would
/// settle it; nullopt where it can.
std::optional<std::string> unknown_sp1(const windows::OsFacts& os);
/// The same in short, for rows beside that of os.servicing-level.
inline constexpr std::string_view sp1_contradicted =
    "sources contradict each other on whether Service Pack 1 is there: os.servicing-level names "
    "them";

/// windows::trouble_of() the hive; nullopt if it could be read.
std::optional<std::string> hive_trouble(const windows::Installation& installation,
                                        windows::HiveName name);

/// "SYSTEM is missing; a readable SYSTEM would settle it"; `otherwise` if the hive could be read.
std::string needs_hive(const windows::Installation& installation, windows::HiveName name,
                       std::string_view otherwise);

/// Why nothing can be said about this value though it may be there: it could not be read, or its
/// key is a link, which is reported and not followed. nullopt = present or absent for certain.
std::optional<std::string> unreadable(const windows::ValueFact& fact);

/// A row with a verdict and a message and nothing else.
Finding make_row(Verdict verdict, std::string message);

/// Appends the one row that out_of_scope() or unknown_os() asks for; true if it did.
bool appended_scope_row(const windows::Installation& installation, std::vector<Finding>& rows);

/// The views that get a row: the native one, the 32-bit one of every Windows that is 64-bit or may
/// be, and the third one of ARM64 where it is there.
std::vector<windows::View> views_with_row(const windows::OsFacts& os);
/// Makes the row one about that view: not applicable where this Windows runs no programs of it,
/// undetermined where nobody can say whether it does; neither is planned.
void set_view(const windows::OsFacts& os, windows::View view, Finding& row);

/// Leaves the row of a control set undetermined where nobody knows whether that set boots.
void set_control_set(const windows::ControlSetFacts& sets, std::uint32_t set, Finding& row);
/// Makes information of the rows about control sets that do not boot, unless both they and the one
/// that boots fail.
void inform_of_other_sets(const windows::ControlSetFacts& sets, std::span<Finding> rows);

/// Fills key, value, actual, actual_type and the key's time from a fact.
void show_value(Finding& row, const windows::ValueFact& fact);

/// Type and number of a value in words, for evidence: `Enabled REG_DWORD 0x1`, `Enabled: absent`.
std::string describe_value(const windows::ValueFact& fact);

/// True if the value is there but not a REG_DWORD of four bytes: Windows reads it as absent.
bool wrong_type(const windows::ValueFact& fact);

/// Sets a DWORD; nullopt if that is what is there already.
std::optional<Edit> dword_edit(const windows::ValueFact& fact, std::uint32_t number);

/// Deletes a value that is there; nullopt if it is not.
std::optional<Edit> delete_edit(const windows::ValueFact& fact);

/// A REG_DWORD as stored.
Edit::Data dword_data(std::uint32_t number);

/// The hive a full key name ("HKLM\SOFTWARE\...") lies in, and the path within.
struct HivePath {
  windows::HiveName hive = windows::HiveName::software;
  std::string path;
};
/// nullopt if the name begins with neither HKLM\SOFTWARE nor HKLM\SYSTEM.
std::optional<HivePath> split_key(std::string_view full);

}  // namespace goldhive::policy
