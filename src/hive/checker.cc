#include "src/hive/checker.h"

#include "src/hive/check_map.h"

namespace goldhive::hive {

CheckResult check(const ByteSource& source, const CheckLimits& limits) {
  CheckResult result;
  BaseBlock base;
  try {
    base = read_base_block(source);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::corrupt && e.kind() != ErrorKind::unsupported) throw;
    result.fault_count = 1;
    result.refusal_count = 1;
    result.complete = false;
    result.faults.push_back(Fault{FaultCode::bad_base_block,
                                  Harm::refuse,
                                  e.offset().value_or(0),
                                  {},
                                  e.message(),
                                  e.expected(),
                                  e.actual()});
    return result;
  }
  CheckMap map(source, base, limits, result);
  try {
    check_base_block(map);
    check_bins(map);
    SecurityUse security;
    check_keys(map, security);
    security.check(map);
    map.find_orphans();
  } catch (const EnoughFaults&) {
    result.complete = false;
  }
  return result;
}

}  // namespace goldhive::hive
