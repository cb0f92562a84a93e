// The structural check of a whole hive. `verify` reports it, and it runs before and after every
// edit. It reads the file once, from end to end, and follows every reference in it.
//
// To add a check: a row in fault.h and fault.cc, the check in the file of its structure
// (check_bins.cc, check_keys.cc, check_values.cc, check_security.cc), and its test.
#pragma once

#include <cstdint>
#include <vector>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/write.h"
#include "src/hive/fault.h"

namespace goldhive::hive {

struct CheckLimits {
  std::size_t listed_faults = 100;          ///< of each kind of harm; the rest is only counted
  std::uint64_t counted_faults = 10'000;    ///< at this number the check ends: enough is known
  std::uint64_t largest_hive = 512u << 20;  ///< bytes of bins; they are held in memory
};

struct CheckResult {
  std::vector<Fault>
      faults;  ///< in the order found; at most CheckLimits::listed_faults of each harm
  std::uint64_t fault_count = 0;    ///< all, listed or not
  std::uint64_t refusal_count = 0;  ///< the faults with Harm::refuse
  bool complete = true;             ///< false: the check ended at CheckLimits::counted_faults
  /// Right numbers for the fields of harmless faults that say how much of something there is: the
  /// keys of a security record, the longest name. An edit writes them, too. Not sorted.
  std::vector<Write> repairs;

  std::uint64_t bins = 0;
  std::uint64_t cells = 0;  ///< in use
  std::uint64_t used_bytes = 0;
  std::uint64_t free_cells = 0;
  std::uint64_t free_bytes = 0;
  std::uint64_t keys = 0;
  std::uint64_t values = 0;
  std::uint64_t big_values = 0;
  std::uint64_t security_cells = 0;
  std::uint64_t orphan_cells = 0;
  std::uint64_t orphan_bytes = 0;

  bool safe_to_edit() const { return complete && refusal_count == 0; }
};

/// No content makes it throw. Passes on Error(io) of the source. Error(unsupported) if the bins are
/// larger than CheckLimits::largest_hive.
CheckResult check(const ByteSource& source, const CheckLimits& limits = {});

}  // namespace goldhive::hive
