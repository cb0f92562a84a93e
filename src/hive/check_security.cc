// Checks of the security cells: each record, its count of keys, and the ring that links them.
#include <fmt/format.h>

#include "src/hive/check_map.h"
#include "src/hive/security.h"

namespace goldhive::hive {

SecurityUse::Record* SecurityUse::find(CellOffset cell) {
  const auto it = index_.find(cell);
  return it == index_.end() ? nullptr : &records_[it->second];
}

SecurityUse::Record& SecurityUse::insert(CellOffset cell) {
  index_.emplace(cell, records_.size());
  records_.push_back(Record{cell, 0, false});
  return records_.back();
}

void SecurityUse::add(CheckMap& map, CellOffset cell, std::uint64_t from) {
  if (cell == no_cell) {
    map.fault(FaultCode::no_security, from, "a key without security", "a security record", "none");
    return;
  }
  // Keys that lie together mostly share one descriptor.
  if (last_ < records_.size() && records_[last_].cell == cell) {
    records_[last_].users += 1;
    return;
  }
  if (const auto known = index_.find(cell); known != index_.end()) {
    last_ = known->second;
  } else {
    if (!map.claim(cell, CellUse::security, from)) return;
    insert(cell);
    last_ = records_.size() - 1;
  }
  records_[last_].users += 1;
}

void SecurityUse::check_ring(CheckMap& map) {
  if (records_.empty()) return;
  const CellOffset start = records_.front().cell;
  CellOffset at = start;
  do {
    find(at)->in_ring = true;
    CellOffset next = no_cell;
    try {
      next = parse_key_security(map.content(at)).forward;
    } catch (const Error&) {
      break;  // check_record() reports the fault
    }
    Record* record = find(next);
    if (record == nullptr) {
      // A record that no key uses still belongs to the ring.
      if (!map.claim(next, CellUse::security, field_offset(at, sk::forward))) break;
      record = &insert(next);
    } else if (record->in_ring && next != start) {
      map.fault(FaultCode::wrong_security_ring, field_offset(at, sk::forward),
                "the ring of security records does not close", fmt::format("{:#x}", start),
                fmt::format("{:#x}", next));
      break;
    }
    try {
      const CellOffset back = parse_key_security(map.content(next)).backward;
      if (back != at) {
        map.fault(FaultCode::wrong_security_ring, field_offset(next, sk::backward),
                  "a security record does not link back", fmt::format("{:#x}", at),
                  fmt::format("{:#x}", back));
      }
    } catch (const Error&) {
      break;
    }
    at = next;
  } while (at != start);
}

void SecurityUse::check_record(CheckMap& map, const Record& record) {
  KeySecurity security;
  try {
    security = parse_key_security(map.content(record.cell));
  } catch (const Error& e) {
    map.fault(FaultCode::bad_security, e);
    return;
  }
  if (!record.in_ring) {
    map.fault(FaultCode::wrong_security_ring, field_offset(record.cell, sk::forward),
              "a security record that keys use is not in the ring");
  }
  if (security.reference_count != record.users) {
    const std::uint64_t at = field_offset(record.cell, sk::reference_count);
    map.fault(security.reference_count < record.users ? FaultCode::security_count_too_low
                                                      : FaultCode::security_count_too_high,
              at, "a security record counts its keys wrong", fmt::format("{}", record.users),
              fmt::format("{}", security.reference_count));
    // The kernel of Windows 10 and 11 stops where it has to add a key to a record that counts none
    // (CmpKeySecurityIncrementReferenceCount), so no record is made one that does.
    if (record.users > 0) map.repair(at, record.users);
  }
}

void SecurityUse::check(CheckMap& map) {
  map.at_key(no_cell);
  check_ring(map);
  for (const Record& record : records_) check_record(map, record);
  map.result().security_cells = records_.size();
}

}  // namespace goldhive::hive
