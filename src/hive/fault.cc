#include "src/hive/fault.h"

#include <fmt/format.h>

namespace goldhive::hive {

namespace {

struct Row {
  FaultCode code;
  const char* name;
  Harm harm;
};

constexpr Row rows[] = {
    {FaultCode::bad_base_block, "bad-base-block", Harm::refuse},
    // These two describe the state of the hive. Its logs settle it, not the checker (recovery.h).
    {FaultCode::bad_checksum, "bad-checksum", Harm::harmless},
    {FaultCode::unequal_sequences, "unequal-sequences", Harm::harmless},
    {FaultCode::wrong_bins_size, "wrong-bins-size", Harm::refuse},
    {FaultCode::bad_bin, "bad-bin", Harm::refuse},
    {FaultCode::bad_cell_size, "bad-cell-size", Harm::refuse},
    {FaultCode::bad_cell_reference, "bad-cell-reference", Harm::refuse},
    {FaultCode::doubly_used_cell, "doubly-used-cell", Harm::refuse},
    {FaultCode::orphan_cell, "orphan-cell", Harm::harmless},
    {FaultCode::bad_key, "bad-key", Harm::refuse},
    {FaultCode::root_not_flagged, "root-not-flagged", Harm::harmless},
    {FaultCode::wrong_parent, "wrong-parent", Harm::refuse},
    {FaultCode::wrong_subkey_count, "wrong-subkey-count", Harm::refuse},
    {FaultCode::bad_subkey_list, "bad-subkey-list", Harm::refuse},
    {FaultCode::nested_index_root, "nested-index-root", Harm::refuse},
    {FaultCode::wrong_order, "wrong-order", Harm::refuse},
    {FaultCode::duplicate_subkey, "duplicate-subkey", Harm::refuse},
    {FaultCode::wrong_hash, "wrong-hash", Harm::refuse},
    {FaultCode::wrong_hint, "wrong-hint", Harm::refuse},
    {FaultCode::bad_value_list, "bad-value-list", Harm::refuse},
    {FaultCode::bad_value, "bad-value", Harm::refuse},
    {FaultCode::duplicate_value, "duplicate-value", Harm::refuse},
    {FaultCode::bad_value_data, "bad-value-data", Harm::refuse},
    {FaultCode::bad_big_data, "bad-big-data", Harm::refuse},
    {FaultCode::bad_class_name, "bad-class-name", Harm::refuse},
    {FaultCode::max_length_too_small, "max-length-too-small", Harm::harmless},
    {FaultCode::no_security, "no-security", Harm::refuse},
    {FaultCode::bad_security, "bad-security", Harm::refuse},
    {FaultCode::wrong_security_ring, "wrong-security-ring", Harm::refuse},
    // If the count is too low, removing keys would free a descriptor that others still use. If it
    // is too high, the descriptor is never freed, which does no harm.
    {FaultCode::security_count_too_low, "security-count-too-low", Harm::refuse},
    {FaultCode::security_count_too_high, "security-count-too-high", Harm::harmless},
};

constexpr bool rows_in_order() {
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    if (static_cast<std::size_t>(rows[i].code) != i) return false;
  }
  return true;
}
static_assert(rows_in_order());

const Row& row_of(FaultCode code) { return rows[static_cast<std::size_t>(code)]; }

}  // namespace

const char* to_string(Harm harm) { return harm == Harm::harmless ? "harmless" : "refuse"; }

const char* to_string(FaultCode code) { return row_of(code).name; }

Harm harm_of(FaultCode code) { return row_of(code).harm; }

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
