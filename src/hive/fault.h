// What can be wrong with a hive, and whether it forbids an edit.
#pragma once

#include <cstdint>
#include <string>

namespace goldhive::hive {

/// By what Windows does with a fault when it loads the hive; docs/hive-faults.md says it of each,
/// and where that is known from.
enum class Harm {
  harmless,  ///< Windows puts it right without a loss, or does not look at it
  refuse,    ///< Windows loads no such hive, or drops something of it, or nobody knows what it does
};
/// "harmless", "refuse".
const char* to_string(Harm harm);

/// One row each in fault.cc.
enum class FaultCode {
  bad_base_block,
  bad_checksum,
  unequal_sequences,
  wrong_bins_size,
  bad_bin,
  bad_cell_size,
  bad_cell_reference,
  doubly_used_cell,
  orphan_cell,
  bad_key,
  root_not_flagged,
  wrong_parent,
  wrong_subkey_count,
  bad_subkey_list,
  nested_index_root,
  wrong_order,
  duplicate_subkey,
  wrong_hash,
  wrong_hint,
  bad_value_list,
  bad_value,
  duplicate_value,
  bad_value_data,
  bad_big_data,
  bad_class_name,
  max_length_too_small,
  no_security,
  bad_security,
  wrong_security_ring,
  security_count_too_low,
  security_count_too_high,
};
/// "wrong-order": the name in reports.
const char* to_string(FaultCode code);
Harm harm_of(FaultCode code);
/// What can mend a hive with such a fault; "" where none of it has to be mended before an edit.
const char* mending(FaultCode code);

struct Fault {
  FaultCode code = FaultCode::bad_base_block;
  Harm harm = Harm::refuse;
  std::uint64_t offset = 0;  ///< absolute in the file
  std::string key;           ///< path of the key it was found at; "" is the root or none
  std::string message;
  std::string expected;  ///< may be empty
  std::string actual;    ///< may be empty
};

/// One line: "wrong-order at 0x1234 (Control\Lsa): ...: expected ..., found ...".
std::string to_string(const Fault& fault);

}  // namespace goldhive::hive
