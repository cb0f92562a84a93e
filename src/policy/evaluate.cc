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

/// A check without a severity of its own gives each row one.
void apply_severity(const Check& check, const Policy& policy, Finding& row) {
  if (!needs_severity(row.verdict) || row.only_informs) {
    row.severity = Severity::info;
    return;
  }
  if (check.severity) row.severity = *check.severity;
  for (const auto& [id, severity] : policy.severities) {
    if (id == check.id) row.severity = severity;
  }
}

/// A hive that a row of this check rests on, if it is dirty and was read without its logs.
const windows::HiveFact* dirty_hive(const Check& check, const Installation& installation,
                                    const Finding& row) {
  if (check.draws_on == DrawsOn::nothing || row.rests_on_files) return nullptr;
  const HiveName name = check.draws_on == DrawsOn::software ? HiveName::software : HiveName::system;
  const auto found = std::find_if(installation.hives.begin(), installation.hives.end(),
                                  [&](const windows::HiveFact& hive) {
                                    return (hive.name == name || hive.name == row.also_rests_on) &&
                                           !hive.missing && hive.state == hive::HiveState::dirty;
                                  });
  return found == installation.hives.end() ? nullptr : &*found;
}

/// Windows had not finished writing the hive, and no usable log holds the rest, so it is not known
/// what the next boot sees. Who leaves the logs out on purpose (--no-logs) asks about the bytes and
/// gets a verdict on them. A check that does not apply stays so: nothing in a log could change
/// that.
void take_verdict_from_dirty(const windows::HiveFact& hive, Finding& row) {
  if (hive.logs_ignored || row.verdict == Verdict::not_applicable ||
      row.verdict == Verdict::undetermined) {
    return;
  }
  row.verdict = Verdict::undetermined;
  row.message = fmt::format("{} is dirty, and its usable logs would settle it; without them: {}",
                            to_string(hive.name), row.message);
}

/// True if the glob is for the path of the target, or for a tail of it ("win7.wim" of
/// "images/win7.wim"), or for either with what leads on to the installation ("win7.wim@2").
bool names(std::string_view glob, const Installation& installation) {
  const std::string& target = installation.target;
  const std::string rest = installation.id.substr(std::min(target.size(), installation.id.size()));
  for (std::size_t at = 0;;) {
    const std::string tail = target.substr(at);
    if (glob_match(glob, tail) || glob_match(glob, tail + rest)) return true;
    const std::size_t slash = target.find('/', at);
    if (slash == std::string::npos) return false;
    at = slash + 1;
  }
}

void apply_waivers(const Policy& policy, const Installation& installation, std::string_view today,
                   Finding& row) {
  if (row.verdict != Verdict::fail && row.verdict != Verdict::warn) return;
  std::string expired;
  for (std::size_t i = 0; i < policy.waivers.size(); ++i) {
    const Waiver& waiver = policy.waivers[i];
    if (waiver.check != row.id || !names(waiver.target, installation)) continue;
    row.waiver = i;
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
    if (check.is_asked != nullptr && !check.is_asked(policy)) continue;
    Rows rows;
    check.run(installation, policy, rows);
    for (Finding& row : rows) {
      row.id = check.id;
      const windows::HiveFact* const dirty = dirty_hive(check, installation, row);
      if (dirty != nullptr) take_verdict_from_dirty(*dirty, row);
      apply_severity(check, policy, row);
      row.possibly_stale = dirty != nullptr ||
                           (check.draws_on != DrawsOn::nothing && installation.volume.suspicious());
      apply_waivers(policy, installation, today, row);
      findings.push_back(std::move(row));
    }
  }
  return findings;
}

}  // namespace goldhive::policy
