// goldhive compare: says what changed between two reports that were saved before. No image is
// opened.
#include <fmt/format.h>

#include "src/cli/command.h"
#include "src/cli/output.h"
#include "src/cli/report_file.h"
#include "src/report/compare.h"
#include "src/report/printable.h"
#include "src/report/read_report.h"

namespace goldhive::cli {
namespace {

struct CompareFlags {
  std::string older;
  std::string newer;
  bool any_policy = false;
  OutputFlags output;
  int findings_code = exit_findings;
};

/// Reads one of the reports into `into`, and gives what it says of itself.
report::ReportFrame take_in(const ReadStorage& storage, const std::string& path,
                            const std::function<void(const report::ReportFrame&)>& check,
                            report::Snapshot& into) {
  return report::read_report(*open_report(storage, path), check,
                             [&into](const report::TargetReport& target) { into.add(target); });
}

void require_findings(const report::ReportFrame& frame, const std::string& file) {
  if (frame.command != report::Command::list) return;
  throw Error(ErrorKind::usage,
              "is a report of goldhive list, which has no findings; those of scan, plan and patch "
              "can be compared",
              file);
}

void require_comparable(const report::ReportFrame& older, const report::ReportFrame& newer,
                        const CompareFlags& flags) {
  const auto refuse = [&flags](const std::string& reason) {
    throw Error(
        ErrorKind::usage,
        fmt::format("cannot be compared with {}: {}", printable(flags.older), printable(reason)),
        flags.newer);
  };
  if (older.command != newer.command) {
    refuse(fmt::format("one is of goldhive {}, the other of goldhive {}", to_string(older.command),
                       to_string(newer.command)));
  }
  const std::string policies = report::difference_of_policies(older.head, newer.head);
  if (!policies.empty() && !flags.any_policy) refuse(policies + " (--any-policy compares them)");
}

int compare(Host& host, const CompareFlags& flags) {
  Output output(host, report::Command::compare, flags.output, false);
  for (const std::string& path : {flags.older, flags.newer}) output.add_input(path);
  output.guard({});
  report::RowTexts texts;
  report::Snapshot before(texts);
  report::Snapshot after(texts);
  const report::ReportFrame older = take_in(
      host.input, flags.older,
      [&flags](const report::ReportFrame& frame) { require_findings(frame, flags.older); }, before);
  const report::ReportFrame newer = take_in(
      host.input, flags.newer,
      [&flags, &older](const report::ReportFrame& frame) {
        require_findings(frame, flags.newer);
        require_comparable(older, frame, flags);
      },
      after);
  report::Comparison comparison = report::compare(before, after);
  comparison.before = {flags.older, older.head};
  comparison.after = {flags.newer, newer.head};
  comparison.command = newer.command;
  output.finish(comparison);
  return exit_code_of(comparison.status, flags.findings_code);
}

void add_compare_flags(Command& command, CompareFlags& flags) {
  command.flags.push_back({.names = {"OLD"},
                           .help = "a report of scan, plan or patch as json or jsonl",
                           .group = Group::target,
                           .value = &flags.older,
                           .required = true});
  command.flags.push_back({.names = {"NEW"},
                           .help = "a later report of the same command",
                           .group = Group::target,
                           .value = &flags.newer,
                           .required = true});
  command.flags.push_back({.names = {"--any-policy"},
                           .help = "compare reports that were judged by different policies, too",
                           .group = Group::policy,
                           .value = &flags.any_policy});
  command.flags.push_back({.names = {"--exit-code"},
                           .value_name = "N",
                           .help = "exit with N where it would be 1 (new findings)",
                           .group = Group::policy,
                           .value = Number{&flags.findings_code, 0, 255}});
  add_output_flags(command, flags.output, report::Command::compare);
  command.flags.push_back({.names = {"--all"},
                           .help = "in text, markdown and html, list what is unchanged, too",
                           .group = Group::output,
                           .value = &flags.output.all});
  command.flags.push_back({.names = {"--summary"},
                           .help = "in text, show only the counts",
                           .group = Group::output,
                           .value = &flags.output.summary});
  command.flags.push_back({.names = {"-q", "--quiet"},
                           .help = "print no report; errors go to stderr, the exit code tells",
                           .group = Group::general,
                           .value = &flags.output.quiet});
}

}  // namespace

Command compare_command() {
  const auto flags = std::make_shared<CompareFlags>();
  Command command{.name = "compare", .summary = "Say what changed between two saved reports"};
  add_compare_flags(command, *flags);
  command.footer =
      "Exit code: 0 nothing new, 1 new findings, 2 a row has no verdict or a target cannot be read "
      "that had or could before, or a report cannot be read.\n"
      "No image is opened.\n"
      "Examples:\n"
      "  goldhive compare last-week.jsonl today.jsonl\n"
      "  goldhive compare last-week.jsonl today.jsonl -f markdown -o changes.md";
  command.run = [flags](Host& host) { return compare(host, *flags); };
  return command;
}

}  // namespace goldhive::cli
