#include "src/cli/survey.h"

#include <fmt/format.h>

#include <ostream>

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

}  // namespace

void say(Host& host, const std::string& message) {
  host.err << "goldhive: " << report::printable(message) << '\n';
}

report::Report survey(Host& host, const std::string& command, const TargetFlags& targets,
                      const OutputFlags& output_flags, const policy::Policy* policy) {
  Output output(host, output_flags, targets.verbose, targets.targets);
  const PipelineOptions options = pipeline_options(targets, policy, host.today);
  report::Report report;
  report.command = command;
  report.policy = policy == nullptr ? "" : policy->name;
  report.tool_version = tool_version();
  for (const std::string& path : targets.targets) {
    const CountingStorage storage(host.input);
    report.targets.push_back(inspect_target(storage, path, options));
    report::TargetReport& target = report.targets.back();
    report::settle(target);
    say_errors(host, target);
    if (targets.verbose) {
      const ReadStats read = storage.total();
      say(host, fmt::format("{}: {} reads, {} bytes", path, read.reads, read.bytes));
    }
    output.target_done(target);
  }
  report::settle(report);
  output.finish(report);
  return report;
}

}  // namespace goldhive::cli
