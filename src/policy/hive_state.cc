// hive.state: whether SOFTWARE and SYSTEM could be read, and whether what was read is what the next
// boot will see. A hive recovered from its logs is as good as a clean one: Windows would recover it
// the same way. A dirty hive without usable logs was read without them.
#include <fmt/format.h>

#include "src/policy/checks.h"
#include "src/policy/finding_parts.h"

namespace goldhive::policy {
namespace {

Finding state_row(Verdict verdict, const char* state, const std::string& message) {
  Finding row = make_row(verdict, message);
  row.actual = state;
  return row;
}

Finding judge(const windows::HiveFact& hive) {
  if (hive.missing) {
    return state_row(Verdict::undetermined, "missing",
                     fmt::format("missing; what depends on {} is undetermined without it",
                                 to_string(hive.name)));
  }
  const std::string why = hive.reason.empty() ? "" : ": " + hive.reason;
  switch (hive.state) {
    case hive::HiveState::clean:
      return state_row(Verdict::pass, "clean", "clean");
    case hive::HiveState::recovered:
      return state_row(Verdict::pass, "recovered", "recovered from its logs, in memory" + why);
    case hive::HiveState::dirty:
      return state_row(Verdict::warn, "dirty",
                       "dirty, read without logs" + why + "; its usable logs would settle it");
    case hive::HiveState::damaged:
      break;
  }
  if (hive.unread()) {
    return state_row(Verdict::undetermined, "damaged",
                     "could not be read" + why + "; a copy that can be read would settle it");
  }
  return state_row(Verdict::undetermined, "damaged",
                   "damaged" + why + "; an undamaged copy would settle it");
}

void run(const windows::Installation& installation, const Policy&, Rows& rows) {
  for (const windows::HiveFact& hive : installation.hives) {
    Finding row = judge(hive);
    // Where no check applies, a sound hive alone must not make the installation compliant.
    if (row.verdict == Verdict::pass && out_of_scope(installation)) {
      row.verdict = Verdict::not_applicable;
    }
    row.subject = to_string(hive.name);
    row.expected = "clean";
    for (const hive::LogAccount& log : hive.logs) {
      row.evidence.push_back(fmt::format("{} ({}): {}", log.name,
                                         log.format.empty() ? "not a log" : log.format,
                                         log.used ? "used" : log.reason));
    }
    rows.push_back(std::move(row));
  }
}

}  // namespace

namespace checks {

extern const Check hive_state{
    .id = "hive.state",
    .draws_on = DrawsOn::nothing,
    .severity = Severity::medium,
    .explanation =
        {.summary = "SOFTWARE and SYSTEM can be read and are what the next boot sees",
         .meaning =
             "clean; recovered: the transaction logs were replayed in memory, as Windows will do; "
             "dirty: changes are missing and no usable log holds them; damaged, or not to be "
             "read; missing.",
         .why = "What is read from a dirty hive is true of the bytes, but the next boot may see "
                "others: rows drawn from it are undetermined and marked possibly stale. With "
                "--no-logs they are judged by the bytes of the hive file alone.",
         .fix =
             "Bring the .LOG1 and .LOG2 files along with the hive, or shut Windows down cleanly.",
         .source = "msuhanov/regf, Windows registry file format specification"},
    .run = run,
};

}  // namespace checks

}  // namespace goldhive::policy
