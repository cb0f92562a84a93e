#include <catch2/catch.hpp>

#include "src/report/report.h"

namespace goldhive::report {
namespace {

using policy::Finding;
using policy::Severity;
using policy::Verdict;

Finding row(Verdict verdict, Severity severity = Severity::high, bool waived = false) {
  Finding f;
  f.id = "os.servicing-level";
  f.verdict = verdict;
  f.severity = severity;
  f.waived = waived;
  return f;
}

TEST_CASE("The worst row decides the status of an installation") {
  const Finding na = row(Verdict::not_applicable);
  const Finding pass = row(Verdict::pass);
  const Finding fail = row(Verdict::fail);
  const Finding open = row(Verdict::undetermined);
  CHECK(status_of({}) == Status::not_applicable);
  CHECK(status_of({na}) == Status::not_applicable);
  CHECK(status_of({pass, na}) == Status::compliant);
  CHECK(status_of({fail, pass}) == Status::findings);
  CHECK(status_of({fail, open, pass}) == Status::undetermined);
}

TEST_CASE("Warnings and waived or info rows are no findings") {
  CHECK(status_of({row(Verdict::warn)}) == Status::compliant);
  CHECK(status_of({row(Verdict::fail, Severity::info)}) == Status::compliant);
  CHECK(status_of({row(Verdict::fail, Severity::critical, true)}) == Status::compliant);
  CHECK(status_of({row(Verdict::undetermined, Severity::info)}) == Status::compliant);
  CHECK(status_of({row(Verdict::undetermined, Severity::high, true)}) == Status::compliant);
}

TEST_CASE("An error of one target is the status of the report and hides no count of another") {
  Report report;
  report.targets.resize(2);
  report.targets[0].error = Error(ErrorKind::io, "cannot be read", "a");
  report.targets[1].installations.resize(2);
  report.targets[1].installations[0].findings = {row(Verdict::fail), row(Verdict::pass),
                                                 row(Verdict::warn),
                                                 row(Verdict::fail, Severity::high, true)};
  report.targets[1].installations[1].findings = {row(Verdict::undetermined),
                                                 row(Verdict::not_applicable)};
  settle(report);
  CHECK(report.status == Status::error);
  CHECK(report.targets[1].status == Status::undetermined);
  CHECK(report.targets[1].installations[0].status == Status::findings);
  CHECK(report.summary.targets == 2);
  CHECK(report.summary.installations == 2);
  CHECK(report.summary.pass == 1);
  CHECK(report.summary.fail == 1);
  CHECK(report.summary.warn == 1);
  CHECK(report.summary.not_applicable == 1);
  CHECK(report.summary.undetermined == 1);
  CHECK(report.summary.waived == 1);
  CHECK(report.summary.errors == 1);
}

TEST_CASE("In a plan the changes take the place of the failing rows") {
  const auto status = [](const std::vector<Finding>& findings, std::size_t changes) {
    TargetReport target;
    target.installations.resize(1);
    target.installations[0].findings = findings;
    target.installations[0].changes.emplace(changes);
    settle(target);
    return target.status;
  };
  CHECK(status({row(Verdict::fail)}, 2) == Status::findings);
  CHECK(status({row(Verdict::pass)}, 2) == Status::findings);
  CHECK(status({row(Verdict::fail)}, 0) == Status::not_applicable);
  CHECK(status({row(Verdict::pass)}, 0) == Status::compliant);
  CHECK(status({row(Verdict::undetermined)}, 2) == Status::undetermined);
}

TEST_CASE("After a patch the rows of the rescan decide") {
  TargetReport target;
  target.installations.resize(1);
  target.installations[0].findings = {row(Verdict::pass)};
  target.installations[0].changes.emplace(2);
  target.installations[0].changed = true;
  settle(target);
  CHECK(target.status == Status::compliant);
}

TEST_CASE("A fault in the way of an edit is a finding and a harmless one is none") {
  TargetReport target;
  target.hive_checks.emplace(1);
  (*target.hive_checks)[0].result.fault_count = 3;
  settle(target);
  CHECK(target.status == Status::compliant);
  (*target.hive_checks)[0].result.refusal_count = 1;
  settle(target);
  CHECK(target.status == Status::findings);
}

TEST_CASE("Settling twice gives the same figures") {
  Report report;
  report.targets.resize(1);
  report.targets[0].installations.resize(1);
  report.targets[0].installations[0].findings = {row(Verdict::pass)};
  settle(report);
  settle(report);
  CHECK(report.summary.pass == 1);
  CHECK(report.status == Status::compliant);
}

}  // namespace
}  // namespace goldhive::report
