#include "src/report/report.h"

namespace goldhive::report {

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

}  // namespace goldhive::report
