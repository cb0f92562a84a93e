#include "src/hive/fault.h"

#include <fmt/format.h>

namespace goldhive::hive {

namespace {

// What mends a hive. Nothing here was tried on a Windows; see docs/hive-faults.md for the sources.
constexpr const char* nothing = "";
constexpr const char* copy =
    "only another copy of the hive helps (RegBack, a shadow copy, a backup), since Windows itself "
    "loads this one not at all or without what lies there; chkdsk, reged and hivex mend no hive";
constexpr const char* load =
    "a Windows that loads the hive drops what is faulty there: reg load HKLM\\x FILE, then reg "
    "save "
    "HKLM\\x NEW writes a sound hive of the rest; chkdsk, reged and hivex mend no hive";
constexpr const char* rewrite =
    "reg load HKLM\\x FILE on a Windows, then reg save HKLM\\x NEW, writes a hive in which each "
    "has "
    "cells of its own; chkdsk, reged and hivex mend no hive";
constexpr const char* permissions =
    "a Windows that loads the hive (reg load) puts other permissions there, those of the parent "
    "key "
    "or default ones in all of the hive; another copy of the hive keeps them (RegBack, a backup)";
constexpr const char* count =
    "a Windows that loads the hive (reg load, reg unload) sets the number to what the lists hold: "
    "see that no key is missing; chkdsk, reged and hivex mend no hive";

struct Row {
  FaultCode code;
  const char* name;
  Harm harm;
  const char* mending;
};

constexpr Row rows[] = {
    {FaultCode::bad_base_block, "bad-base-block", Harm::refuse, copy},
    // These two describe the state of the hive. Its logs settle it, not the checker (recovery.h).
    {FaultCode::bad_checksum, "bad-checksum", Harm::harmless, nothing},
    {FaultCode::unequal_sequences, "unequal-sequences", Harm::harmless, nothing},
    {FaultCode::wrong_bins_size, "wrong-bins-size", Harm::refuse, copy},
    {FaultCode::bad_bin, "bad-bin", Harm::refuse, copy},
    {FaultCode::bad_cell_size, "bad-cell-size", Harm::refuse, copy},
    {FaultCode::bad_cell_reference, "bad-cell-reference", Harm::refuse, load},
    {FaultCode::doubly_used_cell, "doubly-used-cell", Harm::refuse, rewrite},
    {FaultCode::orphan_cell, "orphan-cell", Harm::harmless, nothing},
    {FaultCode::bad_key, "bad-key", Harm::refuse, load},
    {FaultCode::root_not_flagged, "root-not-flagged", Harm::harmless, nothing},
    {FaultCode::wrong_parent, "wrong-parent", Harm::harmless, nothing},
    {FaultCode::wrong_subkey_count, "wrong-subkey-count", Harm::refuse, count},
    {FaultCode::bad_subkey_list, "bad-subkey-list", Harm::refuse, load},
    {FaultCode::nested_index_root, "nested-index-root", Harm::refuse, load},
    {FaultCode::wrong_order, "wrong-order", Harm::refuse, load},
    {FaultCode::duplicate_subkey, "duplicate-subkey", Harm::refuse, load},
    // Windows lists a key under a wrong hash or hint and cannot open it. The editor refuses to go
    // through such a place; elsewhere in the hive it does not matter.
    {FaultCode::wrong_hash, "wrong-hash", Harm::harmless, nothing},
    {FaultCode::wrong_hint, "wrong-hint", Harm::harmless, nothing},
    {FaultCode::bad_value_list, "bad-value-list", Harm::refuse, load},
    {FaultCode::bad_value, "bad-value", Harm::refuse, load},
    // The editor refuses to set a value that is there twice.
    {FaultCode::duplicate_value, "duplicate-value", Harm::harmless, nothing},
    {FaultCode::bad_value_data, "bad-value-data", Harm::refuse, load},
    {FaultCode::bad_big_data, "bad-big-data", Harm::refuse, load},
    {FaultCode::bad_class_name, "bad-class-name", Harm::refuse, load},
    {FaultCode::max_length_too_small, "max-length-too-small", Harm::harmless, nothing},
    {FaultCode::no_security, "no-security", Harm::refuse, permissions},
    {FaultCode::bad_security, "bad-security", Harm::refuse, permissions},
    {FaultCode::wrong_security_ring, "wrong-security-ring", Harm::refuse, permissions},
    // reged (chntpw) counts no key that it adds. Windows counts all keys of each descriptor when it
    // loads a hive, and an edit writes the right number, too (CheckResult::repairs).
    {FaultCode::security_count_too_low, "security-count-too-low", Harm::harmless, nothing},
    {FaultCode::security_count_too_high, "security-count-too-high", Harm::harmless, nothing},
};

constexpr bool rows_in_order() {
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    if (static_cast<std::size_t>(rows[i].code) != i) return false;
    if ((rows[i].harm == Harm::refuse) != (*rows[i].mending != '\0')) return false;
  }
  return true;
}
static_assert(rows_in_order(), "one row a code, and a mending for each that refuses");

const Row& row_of(FaultCode code) { return rows[static_cast<std::size_t>(code)]; }

}  // namespace

const char* to_string(Harm harm) { return harm == Harm::harmless ? "harmless" : "refuse"; }

const char* to_string(FaultCode code) { return row_of(code).name; }

Harm harm_of(FaultCode code) { return row_of(code).harm; }

const char* mending(FaultCode code) { return row_of(code).mending; }

std::string to_string(const Fault& fault) {
  std::string line = fmt::format("{} at {:#x}", to_string(fault.code), fault.offset);
  if (!fault.key.empty()) line += fmt::format(" ({})", fault.key);
  line += ": " + fault.message;
  if (!fault.expected.empty()) line += ": expected " + fault.expected;
  if (!fault.actual.empty())
    line += (fault.expected.empty() ? ": found " : ", found ") + fault.actual;
  return line;
}

}  // namespace goldhive::hive
