// Exit codes: the contract of docs/report.md. Scripts test them, so they never change.
#pragma once

#include "src/report/report.h"

namespace goldhive::cli {

inline constexpr int exit_compliant = 0;      ///< compliant, or nothing applicable
inline constexpr int exit_findings = 1;       ///< findings (plan: pending changes)
inline constexpr int exit_error = 2;          ///< usage, I/O, corrupt, refused, undetermined
inline constexpr int exit_interrupted = 130;  ///< by SIGINT, as shells report it, TERM or HUP

/// `findings_code`: what --exit-code puts in the place of 1. No other code is replaced.
constexpr int exit_code_of(report::Status status, int findings_code = exit_findings) {
  switch (status) {
    case report::Status::not_applicable:
    case report::Status::compliant:
      return exit_compliant;
    case report::Status::findings:
      return findings_code;
    case report::Status::undetermined:
    case report::Status::error:
      break;
  }
  return exit_error;
}

/// Of a whole report: an interrupted one says so, whatever was found by then.
constexpr int exit_code_of(const report::Report& report, int findings_code = exit_findings) {
  return report.interrupted ? exit_interrupted : exit_code_of(report.status, findings_code);
}

/// What a pipeline may want otherwise.
struct ExitRules {
  /// The least severe finding that counts; `warnings`: they count, too.
  policy::Severity fail_on = policy::Severity::low;
  bool warnings = false;
  int undetermined = exit_error;  ///< where nothing is worse
};

constexpr int exit_code_of(const report::Report& report, int findings_code,
                           const ExitRules& rules) {
  using report::Status;
  if (report.interrupted || report.status == Status::error) {
    return exit_code_of(report, findings_code);
  }
  const bool undetermined = report.status == Status::undetermined;
  if (undetermined && rules.undetermined == exit_error) return exit_error;
  if (report.worst_finding && *report.worst_finding >= rules.fail_on) return findings_code;
  if (rules.warnings && report.summary.warn > 0) return findings_code;
  return undetermined ? rules.undetermined : exit_compliant;
}

}  // namespace goldhive::cli
