// goldhive scan: judges targets by a policy.
#include "imgtools/formats.h"
#include "src/cli/command.h"
#include "src/cli/run_targets.h"

namespace goldhive::cli {
namespace {

struct ScanFlags {
  ExitRules exit;
  TargetFlags targets;
  OutputFlags output;
  PolicyFlags policy;
  std::string files;
};

/// Throws Error(usage) for a folder that has nothing of what is looked for.
void require_files(const ReadStorage& storage, const std::string& folder) {
  const std::optional<FileInfo> info = storage.stat(folder);
  if (info && info->type == FileType::directory &&
      windows::has_windows_files(*open_image(storage, folder)->volumes().front().tree)) {
    return;
  }
  throw Error(ErrorKind::usage,
              "--files takes a folder with the files of Windows: one that holds Windows or "
              "System32, or winhttp.dll and webio.dll",
              folder);
}

int scan(Host& host, const ScanFlags& flags) {
  const policy::Policy policy = load_policy(host.input, flags.policy);
  target::Options options = target_options(host, flags.targets, &policy);
  options.today = today(host, flags.policy);
  if (!flags.files.empty()) require_files(host.input, flags.files);
  options.files = flags.files;
  Output output(host, report::Command::scan, flags.output, flags.targets.verbose,
                to_repeat(host, flags.targets, flags.policy), head_of(host, policy));
  output.add_policy(flags.policy);
  const report::Report report =
      run_targets(host, report::Command::scan, &options, flags.targets, output,
                  [&](const ReadStorage& storage, const Target& target, IoCounter&) {
                    return target::inspect_target(storage, target.path, options);
                  });
  output.finish(report);
  return exit_code_of(report, flags.policy.findings_code, flags.exit);
}

}  // namespace

Command scan_command() {
  const auto flags = std::make_shared<ScanFlags>();
  Command command{.name = "scan", .summary = "Judge the TLS settings of Windows images"};
  add_target_flags(command, flags->targets);
  command.flags.push_back(
      {.names = {"--files"},
       .value_name = "DIR",
       .help = "for hives that lie without the files of Windows: a folder that has these (Windows, "
               "System32, or winhttp.dll and webio.dll)",
       .group = Group::target,
       .value = &flags->files});
  add_policy_flags(command, flags->policy);
  add_exit_flags(command, flags->exit);
  add_output_flags(command, flags->output, report::Command::scan);
  add_overview_flags(command, flags->output);
  command.footer =
      "Exit code: 0 compliant or nothing applicable, 1 findings, 2 undetermined or error.\n"
      "Nothing is ever written to a target.\n"
      "Examples:\n"
      "  goldhive scan install.wim\n"
      "  goldhive scan --policy tls12-only --report html=report.html /srv/images\n"
      "  goldhive scan disk.vhd:p2";
  command.run = [flags](Host& host) { return scan(host, *flags); };
  return command;
}

}  // namespace goldhive::cli
