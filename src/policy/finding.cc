#include "src/policy/finding.h"

namespace goldhive::policy {

const char* to_string(Verdict v) {
  switch (v) {
    case Verdict::pass:
      return "pass";
    case Verdict::fail:
      return "fail";
    case Verdict::warn:
      return "warn";
    case Verdict::not_applicable:
      return "not-applicable";
    case Verdict::undetermined:
      break;
  }
  return "undetermined";
}

const char* to_string(Severity s) {
  switch (s) {
    case Severity::low:
      return "low";
    case Severity::medium:
      return "medium";
    case Severity::high:
      return "high";
    case Severity::critical:
      return "critical";
    case Severity::info:
      break;
  }
  return "info";
}

}  // namespace goldhive::policy
