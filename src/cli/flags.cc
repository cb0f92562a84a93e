#include "src/cli/flags.h"

#include <fmt/format.h>

#include <algorithm>

#include "src/cli/text_file.h"
#include "src/policy/protocols.h"

namespace goldhive::cli {
namespace {

/// A policy is a page of text; a file far beyond that is none.
constexpr std::uint64_t policy_size_limit = 1 << 20;

std::string format_names(const std::string& command) {
  std::string names;
  for (const report::Format& f : report::formats()) {
    if (report::find_format(f.name, command) == nullptr) continue;
    names += (names.empty() ? "" : ", ") + std::string(f.name);
  }
  return names;
}

std::string check_format(const std::string& name, const std::string& command) {
  if (report::find_format(name, command) != nullptr) return "";
  return fmt::format("no format '{}' (there are {})", name, format_names(command));
}

std::string check_report(const std::string& text, const std::string& command) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals + 1 == text.size()) {
    return fmt::format("'{}' is not FORMAT=FILE", text);
  }
  return check_format(text.substr(0, equals), command);
}

}  // namespace

void add_target_names(CLI::App& command, TargetFlags& flags) {
  command
      .add_option(
          "TARGET", flags.targets,
          "a Windows tree, a folder of hives, a hive file, an image, or a folder of images; "
          "@FILE and - name lists of them")
      ->required();
  command
      .add_option("--input-format", flags.input_format,
                  "take the targets for this format instead of telling by content")
      ->type_name("NAME");
}

void add_target_flags(CLI::App& command, TargetFlags& flags) {
  add_target_names(command, flags);
  command
      .add_option("--image", flags.image,
                  "of a file with several images (WIM, ESD): the number or name of one, or all")
      ->type_name("N|NAME|all");
  command.add_flag("--check", flags.check,
                   "first check the integrity table of a WIM, which reads all of it");
  command
      .add_option("--depth", flags.depth,
                  "open images inside archives (disk.vhd in a zip) this deep; 0 = not at all")
      ->type_name("N")
      ->check(CLI::Range(0, 16))
      ->capture_default_str();
  command
      .add_option(
          "--max-unpacked", flags.max_unpacked,
          "let an archive unpack to this many bytes (suffixes K, M, G, T; default: 1 GiB and "
          "100 times its size)")
      ->type_name("SIZE")
      ->transform(CLI::AsSizeValue(false));
  command.add_flag("--hash", flags.hash, "add the SHA-256 of each hive file as found");
  command.add_flag("--no-logs", flags.no_logs,
                   "do not recover dirty hives from their transaction logs");
  command.add_flag("--strict", flags.strict,
                   "in a folder of images, a file that is none is an error, not passed over");
  command
      .add_option("-j,--jobs", flags.jobs, "targets to work on at once (default: one a processor)")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  command.add_flag("-v,--verbose", flags.verbose,
                   "show evidence, and on stderr what was read of each target");
}

void add_output_flags(CLI::App& command, OutputFlags& flags, bool with_file) {
  const std::string name = command.get_name();
  const auto format = [name](const std::string& text) { return check_format(text, name); };
  const auto report = [name](const std::string& text) { return check_report(text, name); };
  command.add_option("-f,--format", flags.format, "format of the output: " + format_names(name))
      ->type_name("NAME")
      ->check(CLI::Validator(format, ""))
      ->capture_default_str();
  if (with_file) {
    command
        .add_option("-o,--output", flags.file,
                    "write the output to FILE, whole or not at all, instead of stdout")
        ->type_name("FILE");
  }
  command.add_option("--report", flags.reports, "also write a report to a file; may be repeated")
      ->type_name("FORMAT=FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->check(CLI::Validator(report, ""));
  command.add_option("--color", flags.color, "colour in text output: auto, always, never")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
}

void add_policy_flags(CLI::App& command, PolicyFlags& flags) {
  command
      .add_option("-p,--policy", flags.policy,
                  "what to judge by: baseline, tls12-only, or a TOML file")
      ->type_name("NAME|FILE")
      ->capture_default_str();
  command
      .add_option("--exit-code", flags.findings_code, "exit with N where it would be 1 (findings)")
      ->type_name("N")
      ->check(CLI::Range(0, 255));
}

void add_plan_flags(CLI::App& command, PlanFlags& flags) {
  command
      .add_option("--protocols", flags.protocols,
                  "set DefaultSecureProtocols to exactly these, e.g. tls1.1,tls1.2")
      ->type_name("LIST");
  command
      .add_option("--control-set", flags.control_set,
                  "the control sets to change: default (the one that boots) or all")
      ->type_name("WHICH")
      ->check(CLI::IsMember({"default", "all"}))
      ->capture_default_str();
  command.add_option("--only", flags.only, "take up only this check; may be repeated")
      ->type_name("CHECK")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

policy::PlanOptions plan_options(const PlanFlags& flags) {
  policy::PlanOptions options;
  if (flags.protocols) options.protocols = policy::parse_protocol_list(*flags.protocols);
  if (flags.control_set == "all") options.control_sets = policy::ControlSets::all;
  options.only = flags.only;
  // An empty plan asks make_plan() what it thinks of the names before any target is opened.
  policy::make_plan({}, {}, options);
  return options;
}

policy::Policy load_policy(const ReadStorage& storage, const std::string& name) {
  const std::vector<std::string> builtin = policy::builtin_policy_names();
  if (std::find(builtin.begin(), builtin.end(), name) != builtin.end()) {
    return policy::builtin_policy(name);
  }
  const auto info = storage.stat(name);
  if (!info) {
    throw Error(ErrorKind::usage, fmt::format("no policy '{}': neither built in ({}) nor a file",
                                              name, fmt::join(builtin, ", ")));
  }
  if (info->type != FileType::file || info->size > policy_size_limit) {
    throw Error(ErrorKind::usage, "not a policy file", name);
  }
  return policy::parse_policy(read_text_file(storage, name, policy_size_limit, "a policy"), name);
}

target::Options target_options(const Host& host, const TargetFlags& flags,
                               const policy::Policy* policy) {
  target::Options options;
  options.open.input_format = flags.input_format;
  options.image = flags.image;
  options.check = flags.check;
  options.open.depth = flags.depth;
  options.open.max_unpacked = flags.max_unpacked;
  options.open.scratch_directory = host.folders.scratch;
  options.inspect.use_logs = !flags.no_logs;
  options.inspect.hash = flags.hash;
  options.policy = policy;
  if (policy != nullptr) {
    options.inspect.dotnet = policy->check_dotnet;
    options.inspect.wininet = policy->wininet_required.has_value();
  }
  options.today = host.today;
  return options;
}

}  // namespace goldhive::cli
