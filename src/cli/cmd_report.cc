// goldhive report: reads reports that were made before and writes them in any format, put together
// where there are several. No image is opened.
#include "src/report/read_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ostream>

#include "imgtools/bytes/digest.h"
#include "src/cli/command.h"
#include "src/cli/output.h"
#include "src/cli/report_file.h"
#include "src/cli/run_targets.h"
#include "src/report/compare.h"
#include "src/report/printable.h"

namespace goldhive::cli {
namespace {

struct ReportFlags {
  ExitRules exit;
  std::vector<std::string> files;
  OutputFlags output;
  bool verbose = false;
  int findings_code = exit_findings;
};

/// Reports that are put together must have been made by the same command, and judged by the same
/// policy to the letter.
void require_alike(const report::ReportFrame& first, const std::string& first_file,
                   const report::ReportFrame& other, const std::string& file) {
  const auto refuse = [&](const std::string& reason) {
    throw Error(
        ErrorKind::usage,
        fmt::format("cannot be put together with {}: {}", printable(first_file), printable(reason)),
        file);
  };
  if (first.command != other.command) {
    refuse(fmt::format("one is of goldhive {}, the other of goldhive {}", to_string(first.command),
                       to_string(other.command)));
  }
  const std::string policies = report::difference_of_policies(first.head, other.head);
  if (!policies.empty()) refuse(policies);
}

/// The waivers of one policy: their rows are added up.
void add_waivers(const std::vector<report::WaiverReport>& more,
                 std::vector<report::WaiverReport>& all) {
  if (all.empty()) {
    all = more;
    return;
  }
  for (std::size_t i = 0; i < std::min(all.size(), more.size()); ++i) all[i].rows += more[i].rows;
}

/// Which file has the last word on each target. Names can be long and many; a digest of each is
/// enough.
class LastWord {
 public:
  void saw(const std::string& target, std::size_t file) {
    const auto [known, is_new] = files_.try_emplace(sha256(target), file);
    if (is_new || known->second == file) return;
    known->second = file;
    ++replaced_;
  }
  bool is_in(const std::string& target, std::size_t file) const {
    return files_.at(sha256(target)) == file;
  }
  std::uint64_t replaced() const { return replaced_; }

 private:
  std::map<Digest, std::size_t> files_;
  std::uint64_t replaced_ = 0;
};

/// What the reports say of themselves, as that of one report.
report::Report look_through(const ReadStorage& storage, const std::vector<std::string>& files,
                            LastWord& last_word) {
  report::Report all;
  std::optional<report::ReportFrame> first;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::unique_ptr<ByteSource> file = open_report(storage, files[i]);
    const report::ReportFrame frame = report::read_report(
        *file,
        [&](const report::ReportFrame& head) {
          if (!first) first = head;
          require_alike(*first, files.front(), head, files[i]);
        },
        [&](const report::TargetReport& target) { last_word.saw(target.path, i); });
    std::string& version = all.head.tool_version;
    if (version.empty()) {
      all.head = frame.head;
    } else if (version.find(frame.head.tool_version) == std::string::npos) {
      version += ", " + frame.head.tool_version;
    }
    if (frame.head.config_sha256 != all.head.config_sha256) {  // none that holds of them all
      all.head.config.clear();
      all.head.config_sha256.clear();
    }
    all.command = frame.command;
    add_waivers(frame.waivers, all.waivers);
    all.summary.passed_over += frame.passed_over;
    all.interrupted = all.interrupted || frame.interrupted;
  }
  return all;
}

/// Whether the command of the report can be given again: a report does not know where the file of a
/// policy lies, nor the options by which a plan or a patch was narrowed.
bool says_all(const report::Report& report) {
  if (report.command != report::Command::scan) return false;
  const std::vector<std::string> names = policy::builtin_policy_names();
  const auto& head = report.head;
  if (std::find(names.begin(), names.end(), head.policy) == names.end()) return false;
  return head.policy_sha256.empty() ||
         head.policy_sha256 == policy::builtin_policy(head.policy).sha256;
}

int write_reports(Host& host, const ReportFlags& flags) {
  LastWord last_word;
  report::Report all = look_through(host.input, flags.files, last_word);
  if (!flags.output.format->is_for(all.command)) {
    throw Error(ErrorKind::usage, fmt::format("the format {} is not for reports of goldhive {}",
                                              flags.output.format->name, to_string(all.command)));
  }
  report::Again again;
  // A configuration file may hold another one.
  if (all.head.policy != usual_policy || !host.config.path.empty()) {
    again.flags = {"--policy", all.head.policy};
  }
  again.unknown = !says_all(all);
  Output output(host, all.command, flags.output, flags.verbose, again, all.head);
  for (const std::string& path : flags.files) output.add_input(path);
  output.guard({});
  for (std::size_t i = 0; i < flags.files.size(); ++i) {
    report::read_report(
        *open_report(host.input, flags.files[i]), [](const report::ReportFrame&) {},
        [&](report::TargetReport target) {
          if (!last_word.is_in(target.path, i)) return;
          output.target_done(target);
          report::count(target, all);
          if (output.needs_targets()) all.targets.push_back(std::move(target));
        });
  }
  if (const std::uint64_t replaced = last_word.replaced(); replaced > 0) {
    say(host, fmt::format("{} {} in several of the files: what the last of them says is taken",
                          replaced, replaced == 1 ? "target is" : "targets are"));
  }
  output.finish(all);
  return exit_code_of(all, flags.findings_code, flags.exit);
}

}  // namespace

Command report_command() {
  const auto flags = std::make_shared<ReportFlags>();
  Command command{.name = "report",
                  .summary = "Write reports that were made before in another format, or as one"};
  command.flags.push_back(
      {.names = {"FILE"},
       .help = "a report of scan, list, plan or patch as json or jsonl; several become one",
       .group = Group::target,
       .value = &flags->files,
       .required = true});
  command.flags.push_back({.names = {"-v", "--verbose"},
                           .help = "show evidence in text",
                           .group = Group::general,
                           .value = &flags->verbose,
                           .standing = Standing::value});
  command.flags.push_back({.names = {"--exit-code"},
                           .value_name = "N",
                           .help = "exit with N where it would be 1 (findings)",
                           .group = Group::policy,
                           .value = Number{&flags->findings_code, 0, 255}});
  add_exit_flags(command, flags->exit);
  add_output_flags(command, flags->output, report::Command::scan);
  add_overview_flags(command, flags->output);
  command.footer =
      "Exit code: that of the command whose report it is. No image is opened.\n"
      "Reports of one command and one policy can be put together; of a target that is in several "
      "of them the last one counts.\n"
      "Examples:\n"
      "  goldhive scan -f jsonl -o today.jsonl /srv/images\n"
      "  goldhive report today.jsonl -f html -o today.html\n"
      "  goldhive report site-a.jsonl site-b.jsonl --summary";
  command.run = [flags](Host& host) { return write_reports(host, *flags); };
  return command;
}

}  // namespace goldhive::cli
