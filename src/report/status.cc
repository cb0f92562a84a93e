#include <algorithm>

#include "src/report/report.h"

namespace goldhive::report {

using policy::Finding;
using policy::Severity;
using policy::Verdict;

const char* to_string(UndoState state) {
  switch (state) {
    case UndoState::not_compared:
      break;
    case UndoState::fits:
      return "fits";
    case UndoState::in_turn:
      return "in-turn";
    case UndoState::done:
      return "done";
    case UndoState::no_match:
      return "no-match";
    case UndoState::unknown:
      return "unknown";
  }
  return "not-compared";
}

const char* to_string(Command command) {
  switch (command) {
    case Command::scan:
      return "scan";
    case Command::list:
      return "list";
    case Command::plan:
      return "plan";
    case Command::patch:
      return "patch";
    case Command::undo:
      return "undo";
    case Command::recover:
      return "recover";
    case Command::verify:
      return "verify";
    case Command::compare:
      break;
  }
  return "compare";
}

const char* to_string(Status s) {
  switch (s) {
    case Status::not_applicable:
      return "not-applicable";
    case Status::compliant:
      return "compliant";
    case Status::findings:
      return "findings";
    case Status::undetermined:
      return "undetermined";
    case Status::error:
      break;
  }
  return "error";
}

const char* to_string(Interruption interruption) {
  return interruption == Interruption::not_begun ? "not-begun" : "cut-short";
}

bool counts_as_finding(const Finding& finding) {
  return finding.verdict == Verdict::fail && !finding.waived && finding.severity != Severity::info;
}

namespace {

Status status_of(const Finding& finding) {
  if (counts_as_finding(finding)) return Status::findings;
  if (finding.verdict == Verdict::not_applicable) return Status::not_applicable;
  if (finding.verdict == Verdict::undetermined && !finding.waived &&
      finding.severity != Severity::info) {
    return Status::undetermined;
  }
  return Status::compliant;
}

void count(const Finding& finding, Summary& summary) {
  if (finding.waived) {
    ++summary.waived;
    return;
  }
  switch (finding.verdict) {
    case Verdict::pass:
      ++summary.pass;
      break;
    case Verdict::fail:
      ++summary.fail;
      break;
    case Verdict::warn:
      ++summary.warn;
      break;
    case Verdict::not_applicable:
      ++summary.not_applicable;
      break;
    case Verdict::undetermined:
      ++summary.undetermined;
      break;
  }
}

}  // namespace

bool leaves_open(const Finding& finding) { return status_of(finding) >= Status::findings; }

Status status_of(const std::vector<Finding>& findings) {
  Status worst = Status::not_applicable;
  for (const Finding& f : findings) worst = std::max(worst, status_of(f));
  return worst;
}

namespace {

Status status_of(const InstallationReport& installation) {
  const Status judged = report::status_of(installation.findings);
  const bool is_plan = installation.changes && !installation.changed;
  if (!is_plan) return judged;
  if (!installation.changes->empty()) {
    // What the changes settle is nothing that nobody could say.
    const bool settled = judged == Status::undetermined &&
                         installation.planned.value_or(judged) < Status::undetermined;
    return settled ? Status::findings : std::max(judged, Status::findings);
  }
  return judged == Status::findings ? Status::not_applicable : judged;
}

}  // namespace

bool is_settled_by(const std::vector<policy::Edit>& changes, const Finding& finding) {
  return std::any_of(finding.edits.begin(), finding.edits.end(), [&](const policy::Edit& edit) {
    return std::any_of(changes.begin(), changes.end(), [&](const policy::Edit& change) {
      return change.hive == edit.hive && change.key == edit.key && change.value == edit.value;
    });
  });
}

void settle(TargetReport& target) {
  target.status = target.error ? Status::error : Status::not_applicable;
  for (InstallationReport& i : target.installations) {
    i.status = status_of(i);
    target.status = std::max(target.status, i.status);
  }
  if (!target.hive_checks) return;
  for (const HiveCheckReport& check : *target.hive_checks) {
    const bool sound = check.result.safe_to_edit();
    target.status = std::max(target.status, sound ? Status::compliant : Status::findings);
  }
}

namespace {

/// The severity by which the row is a reason to fail.
std::optional<Severity> severity_that_counts(const InstallationReport& of, const Finding& f) {
  const bool is_plan = of.changes && !of.changed;
  if (!is_plan) return counts_as_finding(f) ? std::optional(f.severity) : std::nullopt;
  if (of.changes->empty()) return std::nullopt;
  // Pending changes count, even those of rows that do not.
  return is_settled_by(*of.changes, f) ? std::max(f.severity, Severity::low) : Severity::low;
}

}  // namespace

void count(const TargetReport& target, Report& report) {
  ++report.summary.targets;
  report.status = std::max(report.status, target.status);
  if (target.interrupted == Interruption::not_begun) {
    ++report.summary.not_begun;
  } else if (target.error) {
    ++report.summary.errors;
  }
  report.summary.installations += target.installations.size();
  for (const InstallationReport& i : target.installations) {
    for (const Finding& f : i.findings) {
      count(f, report.summary);
      report.worst_finding = std::max(report.worst_finding, severity_that_counts(i, f));
      if (f.waiver && *f.waiver < report.waivers.size()) ++report.waivers[*f.waiver].rows;
    }
  }
}

void set_policy(const policy::Policy& policy, std::string_view today, Report& report) {
  report.head.policy = policy.name;
  report.head.policy_sha256 = policy.sha256;
  for (const policy::Waiver& waiver : policy.waivers) {
    report.waivers.push_back({waiver, waiver.until < today, 0});
  }
}

void settle(Report& report) {
  report.status = Status::not_applicable;
  report.summary = {};
  report.worst_finding.reset();
  for (WaiverReport& waiver : report.waivers) waiver.rows = 0;
  for (TargetReport& target : report.targets) {
    settle(target);
    count(target, report);
  }
}

}  // namespace goldhive::report
