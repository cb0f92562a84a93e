#include "src/cli/survey.h"

#include <fmt/format.h>

#include <ostream>

#include "imgtools/hot_journal.h"
#include "src/cli/counting_storage.h"
#include "src/cli/version.h"
#include "src/report/printable.h"

namespace goldhive::cli {
namespace {

/// One line that names the path as the user gave it and the reason.
std::string error_line(const std::string& target, const Error& error) {
  const std::string line = error.what();
  return line.starts_with(target) ? line : target + ": " + line;
}

void say_errors(Host& host, const report::TargetReport& target) {
  if (target.error) say(host, error_line(target.path, *target.error));
  for (const report::InstallationReport& i : target.installations) {
    for (const windows::HiveFact& h : i.facts.hives) {
      if (h.error) say(host, error_line(target.path, h.error->at(windows::to_string(h.name))));
    }
  }
}

void add_hot_journals(const ReadThroughStorage& storage, report::TargetReport& target) {
  for (const ReadThroughStorage::Met& met : storage.journals()) {
    target.notes.push_back(fmt::format(
        "a patch of {} was cut off; it is read as it was before (goldhive recover rolls it back, "
        "journal {})",
        met.file, met.journal));
  }
}

}  // namespace

void say(Host& host, const std::string& message) {
  host.err << "goldhive: " << report::printable(message) << '\n';
}

report::Report survey(Host& host, const std::string& command, const std::string& policy,
                      const TargetFlags& targets, Output& output, const LookAtTarget& look) {
  report::Report report;
  report.command = command;
  report.policy = policy;
  report.tool_version = tool_version();
  for (const std::string& path : targets.targets) {
    const CountingStorage counted(host.input);
    const ReadThroughStorage storage(counted);
    report.targets.push_back(look(storage, path));
    report::TargetReport& target = report.targets.back();
    add_hot_journals(storage, target);
    report::settle(target);
    say_errors(host, target);
    if (targets.verbose) {
      const ReadStats read = counted.total();
      say(host, fmt::format("{}: {} reads, {} bytes", path, read.reads, read.bytes));
    }
    output.target_done(target);
  }
  report::settle(report);
  return report;
}

}  // namespace goldhive::cli
