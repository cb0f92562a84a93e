// Runs the checks and then adds to their rows what holds for all checks: the id, the severities of
// the policy, staleness, waivers.
#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/error.h"
#include "src/policy/calendar.h"
#include "src/policy/checks.h"
#include "src/policy/glob.h"

namespace goldhive::policy {
namespace {

using windows::HiveName;
using windows::Installation;

bool needs_severity(Verdict verdict) {
  return verdict == Verdict::fail || verdict == Verdict::warn || verdict == Verdict::undetermined;
}

/// A check without a severity of its own gives each row one. Such a row with `info` is about a
/// control set that does not boot, and it stays so whatever the policy says of the check.
void apply_severity(const Check& check, const Policy& policy, Finding& row) {
  if (!needs_severity(row.verdict)) {
    row.severity = Severity::info;
    return;
  }
  if (check.severity) {
    row.severity = *check.severity;
  } else if (row.severity == Severity::info) {
    return;
  }
  for (const auto& [id, severity] : policy.severities) {
    if (id == check.id) row.severity = severity;
  }
}

bool is_dirty(const Installation& installation, HiveName name) {
  return std::any_of(installation.hives.begin(), installation.hives.end(), [&](const auto& hive) {
    return hive.name == name && !hive.missing && hive.state == hive::HiveState::dirty;
  });
}

bool stale(const Check& check, const Installation& installation) {
  if (check.draws_on == DrawsOn::nothing) return false;
  if (installation.volume.suspicious()) return true;
  return is_dirty(installation,
                  check.draws_on == DrawsOn::software ? HiveName::software : HiveName::system);
}

void apply_waivers(const Policy& policy, const Installation& installation, std::string_view today,
                   Finding& row) {
  if (row.verdict != Verdict::fail && row.verdict != Verdict::warn) return;
  std::string expired;
  for (const Waiver& waiver : policy.waivers) {
    if (waiver.check != row.id || !glob_match(waiver.target, installation.id)) continue;
    if (waiver.until >= today) {
      row.waived = true;
      row.waiver_reason = fmt::format("{} (until {})", waiver.reason, waiver.until);
      return;
    }
    expired = fmt::format("a waiver expired on {}: {}", waiver.until, waiver.reason);
  }
  if (!expired.empty()) row.evidence.push_back(expired);
}

}  // namespace

std::vector<Finding> evaluate(const Installation& installation, const Policy& policy,
                              std::string_view today) {
  if (!is_date(today)) {
    throw Error(ErrorKind::usage, fmt::format("'{}' is not a date of the form 2027-01-31", today));
  }
  std::vector<Finding> findings;
  for (const Check& check : all_checks()) {
    if (installation.volume.encrypted && !check.on_encrypted_volume) continue;
    Rows rows;
    check.run(installation, policy, rows);
    for (Finding& row : rows) {
      row.id = check.id;
      apply_severity(check, policy, row);
      row.possibly_stale = stale(check, installation);
      apply_waivers(policy, installation, today, row);
      findings.push_back(std::move(row));
    }
  }
  return findings;
}

}  // namespace goldhive::policy
