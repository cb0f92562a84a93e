#include "src/cli/flags.h"

#include <fmt/format.h>

#include <algorithm>

#include "src/cli/text_file.h"
#include "src/policy/calendar.h"
#include "src/policy/protocols.h"
#include "src/policy/secure_protocols.h"
#include "src/policy/suggest.h"

namespace goldhive::cli {
namespace {

/// A policy is a page of text; a file far beyond that is none.
constexpr std::uint64_t policy_size_limit = 1 << 20;

/// The formats that reports of a command can have, by their names.
std::vector<std::pair<std::string, const report::Format*>> formats_of(report::Command command) {
  std::vector<std::pair<std::string, const report::Format*>> rows;
  for (const report::Format& f : report::formats()) {
    if (f.is_for(command)) rows.emplace_back(f.name, &f);
  }
  return rows;
}

std::string format_names(report::Command command) {
  std::string names;
  for (const auto& [name, format] : formats_of(command)) {
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

std::string check_format(const std::string& name, report::Command command) {
  if (report::find_format(name, command) != nullptr) return "";
  const auto& all = report::formats();
  const bool of_others =
      std::any_of(all.begin(), all.end(), [&](const report::Format& f) { return f.name == name; });
  return of_others ? fmt::format("the format '{}' is not for {} (which has {})", name,
                                 report::to_string(command), format_names(command))
                   : fmt::format("no format '{}' (there are {})", name, format_names(command));
}

std::string check_report(const std::string& text, report::Command command) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals + 1 == text.size()) {
    return fmt::format("'{}' is not of the form FORMAT=FILE", text);
  }
  return check_format(text.substr(0, equals), command);
}

}  // namespace

void add_target_names(Command& command, TargetFlags& flags) {
  command.flags.push_back(
      {.names = {"TARGET"},
       .help = "a Windows tree, a folder of hives, a hive file, an image, or a folder of images; "
               "@FILE and - name lists of them",
       .group = Group::target,
       .value = &flags.targets,
       .required = true});
  command.flags.push_back({.names = {"-0", "--null"},
                           .help = "names in lists of targets end with a NUL, as those of find "
                                   "-print0 do, and not with their line",
                           .group = Group::target,
                           .value = &flags.null});
  command.flags.push_back({.names = {"--input-format"},
                           .value_name = "NAME",
                           .help = "take the targets for this format instead of telling by content",
                           .group = Group::target,
                           .value = &flags.input_format});
  command.flags.push_back(
      {.names = {"--trust-journal"},
       .value_name = "FILE",
       .help =
           "believe this journal, record or undo file, whoever owns it and may write it; may be "
           "repeated",
       .group = Group::target,
       .value = &flags.trusted});
  command.flags.push_back({.names = {"--parent-dir"},
                           .value_name = "DIR",
                           .help = "read parents and parts of images below this folder, too, not "
                                   "only below that of the image; may be repeated",
                           .group = Group::target,
                           .value = &flags.parent_dirs});
}

void add_target_flags(Command& command, TargetFlags& flags) {
  add_target_names(command, flags);
  command.flags.push_back(
      {.names = {"--image"},
       .value_name = "LIST|NAME|all",
       .help = "of a file with several images (WIM, ESD): the numbers (1,3-5) or the name of one, "
               "or all; may be repeated",
       .group = Group::target,
       .value = &flags.images});
  command.flags.push_back(
      {.names = {"--verify-source", "--check"},
       .help = "first compare the image with the checksums that it holds (integrity table of a "
               "WIM, digests of an E01), which reads all of it",
       .group = Group::target,
       .value = &flags.check,
       .standing = Standing::value});
  command.flags.push_back(
      {.names = {"--depth"},
       .value_name = "N",
       .help = "open images inside archives (disk.vhd in a zip) this deep; 0 = not at all",
       .group = Group::target,
       .value = Number{&flags.depth, 0, 16},
       .shown_default = std::to_string(flags.depth),
       .standing = Standing::value});
  command.flags.push_back(
      {.names = {"--max-unpacked"},
       .value_name = "SIZE",
       .help = "let an archive unpack to this many bytes (suffixes K, M, G, T; default: 1 GiB and "
               "100 times its size)",
       .group = Group::target,
       .value = Size{&flags.max_unpacked},
       .standing = Standing::value});
  command.flags.push_back({.names = {"--hash"},
                           .help = "add the SHA-256 of each hive file as found",
                           .group = Group::target,
                           .value = &flags.hash,
                           .standing = Standing::value});
  command.flags.push_back({.names = {"--no-logs"},
                           .help = "do not recover dirty hives from their transaction logs",
                           .group = Group::target,
                           .value = &flags.no_logs});
  command.flags.push_back(
      {.names = {"--strict"},
       .help = "in a folder of images, a file that is no image is an error, not passed over",
       .group = Group::target,
       .value = &flags.strict,
       .standing = Standing::value});
  command.flags.push_back({.names = {"-j", "--jobs"},
                           .value_name = "N",
                           .help = "targets to work on at once (default: one a processor)",
                           .group = Group::target,
                           .value = Number{&flags.jobs, 1, 1024},
                           .standing = Standing::value});
  command.flags.push_back({.names = {"-v", "--verbose"},
                           .help = "show evidence, and on stderr what was read of each target",
                           .group = Group::general,
                           .value = &flags.verbose,
                           .standing = Standing::value});
}

void add_output_flags(Command& command, OutputFlags& flags, report::Command of) {
  flags.format = &report::formats().front();
  Flag format = choice({.names = {"-f", "--format"},
                        .value_name = "NAME",
                        .help = "format of the output: " + format_names(of),
                        .group = Group::output},
                       flags.format, formats_of(of));
  format.check = [of](const std::string& text) { return check_format(text, of); };
  command.flags.push_back(std::move(format));
  command.flags.push_back(
      {.names = {"-o", "--output"},
       .value_name = "FILE",
       .help = "write the output to FILE, whole or not at all, instead of stdout",
       .group = Group::output,
       .value = &flags.file});
  command.flags.push_back(
      {.names = {"--report"},
       .value_name = "FORMAT=FILE",
       .help = "also write a report to a file; may be repeated",
       .group = Group::output,
       .value = &flags.reports,
       .check = [of](const std::string& text) { return check_report(text, of); }});
  command.flags.push_back(choice({.names = {"--color"},
                                  .value_name = "WHEN",
                                  .help = "colour in text output: auto, always, never",
                                  .group = Group::general,
                                  .standing = Standing::value},
                                 flags.color,
                                 {{"auto", ColorWhen::automatic},
                                  {"always", ColorWhen::always},
                                  {"never", ColorWhen::never}}));
}

void add_overview_flags(Command& command, OutputFlags& flags) {
  command.flags.push_back(
      {.names = {"--all"},
       .help = "in text, show the rows of each installation and not an overview of them",
       .group = Group::output,
       .value = &flags.all,
       .standing = Standing::value});
  command.flags.push_back({.names = {"--summary"},
                           .help = "in text, show only the counts and what to do",
                           .group = Group::output,
                           .value = &flags.summary});
  command.flags.push_back(
      choice({.names = {"--severity"},
              .value_name = "LEVEL",
              .help = "in text and markdown, hide rows below info, low, medium, high or critical; "
                      "counts, status and exit code are of all",
              .group = Group::output,
              .standing = Standing::value},
             flags.severity,
             {{"info", policy::Severity::info},
              {"low", policy::Severity::low},
              {"medium", policy::Severity::medium},
              {"high", policy::Severity::high},
              {"critical", policy::Severity::critical}}));
  command.flags.push_back({.names = {"-q", "--quiet"},
                           .help = "print no report; errors go to stderr, the exit code tells",
                           .group = Group::general,
                           .value = &flags.quiet});
}

void add_exit_flags(Command& command, ExitRules& rules) {
  Flag fail_on{
      .names = {"--fail-on"},
      .value_name = "SEVERITY",
      .help =
          "exit with 1 only for findings (plan: changes that settle some) of this severity "
          "and above: low, medium, high, critical; or warn: for warnings, too",
      .group = Group::policy,
      .shown_default = "low"};
  fail_on.value =
      Choice{{"warn", "low", "medium", "high", "critical"}, [&rules](std::size_t index) {
               rules.warnings = index == 0;
               rules.fail_on = static_cast<policy::Severity>(std::max<std::size_t>(index, 1));
             }};
  command.flags.push_back(std::move(fail_on));
  command.flags.push_back(
      {.names = {"--undetermined-exit"},
       .value_name = "N",
       .help = "exit with N where verdicts could not be drawn and nothing is worse (default: 2)",
       .group = Group::policy,
       .value = Number{&rules.undetermined, 0, 255}});
}

Flag today_flag(std::string& today) {
  return {.names = {"--today"},
          .value_name = "DATE",
          .help = "hold the last days of waivers against this day (default: today, in UTC)",
          .group = Group::policy,
          .value = &today,
          .check = [](const std::string& text) {
            return policy::is_date(text)
                       ? std::string()
                       : fmt::format("'{}' is not a date of the form 2027-01-31", text);
          }};
}

void add_policy_flags(Command& command, PolicyFlags& flags) {
  command.flags.push_back({.names = {"-p", "--policy"},
                           .value_name = "NAME|FILE",
                           .help = "what to judge by: baseline, tls12-only, or a TOML file",
                           .group = Group::policy,
                           .value = &flags.policy,
                           .shown_default = usual_policy,
                           .standing = Standing::policy,
                           .standing_slot = &flags.standing_policy});
  command.flags.push_back(today_flag(flags.today));
  command.flags.push_back({.names = {"--exit-code"},
                           .value_name = "N",
                           .help = "exit with N where it would be 1 (findings)",
                           .group = Group::policy,
                           .value = Number{&flags.findings_code, 0, 255}});
}

void add_plan_flags(Command& command, PlanFlags& flags) {
  command.flags.push_back(
      {.names = {"--protocols"},
       .value_name = "LIST",
       .help = "set DefaultSecureProtocols to exactly these, e.g. tls1.1,tls1.2",
       .group = Group::change,
       .value = &flags.protocols});
  command.flags.push_back(
      choice({.names = {"--control-set"},
              .value_name = "WHICH",
              .help = "the control sets to change: default (the one that boots) or all",
              .group = Group::change},
             flags.control_sets,
             {{"default", policy::ControlSets::boots}, {"all", policy::ControlSets::all}}));
  command.flags.push_back({.names = {"--only"},
                           .value_name = "CHECK",
                           .help = "take up only this check; may be repeated",
                           .group = Group::change,
                           .value = &flags.only});
}

policy::PlanOptions plan_options(const PlanFlags& flags, const policy::Policy& policy) {
  policy::PlanOptions options;
  if (flags.protocols) options.protocols = policy::parse_protocol_list(*flags.protocols);
  options.control_sets = flags.control_sets;
  options.only = flags.only;
  // An empty plan asks make_plan() what it thinks of the names before any target is opened.
  policy::make_plan({}, {}, options);
  if (!options.protocols) return options;
  if (!policy.asks_of_winhttp()) {
    throw Error(ErrorKind::usage,
                fmt::format("--protocols has no effect: the policy '{}' asks nothing of WinHTTP",
                            policy.name));
  }
  const auto& only = options.only;
  if (!only.empty() &&
      std::find(only.begin(), only.end(), policy::secure_protocols_id) == only.end()) {
    throw Error(ErrorKind::usage, fmt::format("--protocols has no effect: --only leaves out {}",
                                              policy::secure_protocols_id));
  }
  return options;
}

void repeat_value(const char* flag, const std::string& value, std::vector<std::string>& words) {
  if (value.starts_with('-')) {
    words.push_back(flag + ("=" + value));
  } else {
    words.insert(words.end(), {flag, value});
  }
}

std::vector<std::string> to_repeat(const TargetFlags& targets) {
  std::vector<std::string> words;
  if (!targets.input_format.empty()) repeat_value("--input-format", targets.input_format, words);
  for (const std::string& file : targets.trusted) repeat_value("--trust-journal", file, words);
  for (const std::string& folder : targets.parent_dirs) {
    repeat_value("--parent-dir", folder, words);
  }
  return words;
}

report::Again to_repeat(const Host& host, const TargetFlags& targets, const PolicyFlags& policy,
                        const PlanFlags& plan, const std::string& plan_file) {
  report::Again again{to_repeat(targets), to_repeat(targets), targets.targets};
  std::vector<std::string>& words = again.flags;
  const auto add = [&words](const char* flag, const std::string& value) {
    repeat_value(flag, value, words);
  };
  const bool has_list =
      std::any_of(targets.targets.begin(), targets.targets.end(),
                  [](const std::string& target) { return target.starts_with('@'); });
  if (targets.null && has_list) words.emplace_back("--null");
  for (const std::string& image : targets.images) add("--image", image);
  const TargetFlags usual;
  const auto configured = [&host](const char* name) { return host.config.find(name) != nullptr; };
  const auto add_switch = [&](const char* flag, bool set) {
    if (set) words.emplace_back(flag);
    if (!set && configured(flag + 2)) words.push_back(flag + std::string("=false"));
  };
  add_switch("--check", targets.check);
  if (targets.depth != usual.depth || configured("depth")) {
    add("--depth", std::to_string(targets.depth));
  }
  if (targets.max_unpacked != usual.max_unpacked || configured("max-unpacked")) {
    add("--max-unpacked", std::to_string(targets.max_unpacked));
  }
  if (targets.no_logs) words.emplace_back("--no-logs");
  add_switch("--strict", targets.strict);
  if (policy.is_chosen()) add("--policy", policy.name());
  if (!policy.today.empty()) add("--today", policy.today);
  if (!plan_file.empty()) add("--plan", plan_file);
  if (plan.protocols) add("--protocols", *plan.protocols);
  if (plan.control_sets == policy::ControlSets::all) add("--control-set", "all");
  for (const std::string& check : plan.only) add("--only", check);
  return again;
}

std::string today(const Host& host, const PolicyFlags& flags) {
  return flags.today.empty() ? host.today : flags.today;
}

void refuse_choice(const PlanFlags& flags) {
  const bool chosen =
      flags.protocols || !flags.only.empty() || flags.control_sets != policy::ControlSets::boots;
  if (!chosen) return;
  throw Error(ErrorKind::usage,
              "--plan makes the changes of the saved plan and no others: --protocols, "
              "--control-set and --only belong to the making of the plan (goldhive plan --save)");
}

policy::SavedPlan load_plan_file(const ReadStorage& storage, const std::string& path) {
  constexpr std::uint64_t size_limit = 64 << 20;
  return policy::load_plan(read_text_file(storage, path, size_limit, "a plan"), path);
}

policy::Policy policy_of(const ReadStorage& storage, const policy::SavedPlan& plan,
                         const PolicyFlags& flags) {
  if (!flags.policy) {
    const std::vector<std::string> builtin = policy::builtin_policy_names();
    if (std::find(builtin.begin(), builtin.end(), plan.policy) != builtin.end()) {
      return policy::builtin_policy(plan.policy);
    }
    if (policy::Policy standing = load_policy(storage, flags.standing_policy);
        standing.name == plan.policy) {
      return standing;
    }
    throw Error(ErrorKind::usage,
                fmt::format("the plan was made by the policy '{}', which is not built in: name its "
                            "file with --policy",
                            plan.policy));
  }
  policy::Policy named = load_policy(storage, *flags.policy);
  if (named.name == plan.policy) return named;
  throw Error(ErrorKind::usage,
              fmt::format("the plan was made by the policy '{}', and --policy names '{}'",
                          plan.policy, named.name));
}

PolicyFlags judging_by(const policy::SavedPlan* plan, PolicyFlags flags) {
  if (plan == nullptr || flags.policy) return flags;
  const std::vector<std::string> builtin = policy::builtin_policy_names();
  // Of a policy that is not built in, policy_of() has made sure that it is the standing one.
  const bool is_builtin = std::find(builtin.begin(), builtin.end(), plan->policy) != builtin.end();
  if (is_builtin && plan->policy != flags.standing_policy) flags.policy = plan->policy;
  return flags;
}

policy::Policy load_policy(const ReadStorage& storage, const PolicyFlags& flags) {
  return load_policy(storage, flags.name());
}

policy::Policy load_policy(const ReadStorage& storage, const std::string& name) {
  const std::vector<std::string> builtin = policy::builtin_policy_names();
  if (std::find(builtin.begin(), builtin.end(), name) != builtin.end()) {
    return policy::builtin_policy(name);
  }
  const auto info = storage.stat(name);
  if (!info) {
    throw Error(ErrorKind::usage,
                fmt::format("no policy '{}': neither built in nor a file{}", name,
                            policy::did_you_mean(name, {builtin.begin(), builtin.end()})));
  }
  if (info->type != FileType::file || info->size > policy_size_limit) {
    throw Error(ErrorKind::usage,
                fmt::format("is not a policy file: expected a TOML file of at most {} bytes",
                            policy_size_limit),
                name);
  }
  return policy::parse_policy(read_text_file(storage, name, policy_size_limit, "a policy"), name);
}

target::Options target_options(const Host& host, const TargetFlags& flags,
                               const policy::Policy* policy) {
  target::Options options;
  options.open.input_format = flags.input_format;
  options.images = flags.images;
  options.check = flags.check;
  options.open.depth = flags.depth;
  options.open.max_unpacked = flags.max_unpacked;
  options.open.parent_folders = flags.parent_dirs;
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
