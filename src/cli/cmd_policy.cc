// goldhive policy: the built-in policies, to read and to start one's own from.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ostream>

#include "src/cli/command.h"
#include "src/cli/exit_codes.h"
#include "src/cli/flags.h"
#include "src/policy/calendar.h"
#include "src/policy/checks.h"
#include "src/report/printable.h"
#include "src/report/text_layout.h"

namespace goldhive::cli {
namespace {

int list_policies(Host& host) {
  for (const std::string& name : policy::builtin_policy_names()) {
    const policy::Policy p = policy::builtin_policy(name);
    host.out << fmt::format("{:12}  {}\n", name, p.description);
  }
  return exit_compliant;
}

int show_policy(Host& host, const std::string& name) {
  host.out << policy::builtin_policy_text(name);
  return exit_compliant;
}

struct CheckFlags {
  std::string file;
  std::string today;
};

/// The rows that the policy has of a check, with the severity of one that fails; none where it does
/// not ask for the check. A protocol has a severity of its own, unless the policy sets one for all.
std::vector<std::pair<policy::Severity, std::string>> rows_of(const policy::Policy& policy,
                                                              const policy::Check& check) {
  if (check.is_asked != nullptr && !check.is_asked(policy)) return {};
  std::optional<policy::Severity> severity = check.severity;
  for (const auto& [id, set] : policy.severities) {
    if (id == check.id) severity = set;
  }
  if (check.severity) return {{*severity, ""}};
  std::vector<std::pair<policy::Severity, std::string>> rows;
  for (const policy::SchannelRule& rule : policy.schannel) {
    if (rule.wish == policy::SchannelWish::any || policy::check_of(rule) != check.id) continue;
    rows.emplace_back(severity.value_or(rule.severity),
                      fmt::format("{} {} {} by default", rule.protocol, to_string(rule.side),
                                  rule.wish == policy::SchannelWish::on ? "on" : "off"));
  }
  return rows;
}

void list_checks_of(const policy::Policy& policy, std::ostream& out) {
  std::size_t width = 0;
  for (const policy::Check& check : policy::all_checks()) width = std::max(width, check.id.size());
  std::string not_asked;
  out << "Checks, and how severe it is if one fails:\n";
  for (const policy::Check& check : policy::all_checks()) {
    const auto rows = rows_of(policy, check);
    if (rows.empty()) not_asked += (not_asked.empty() ? "" : ", ") + std::string(check.id);
    for (const auto& [severity, what] : rows) {
      out << fmt::format("  {:{}}  {}{}{}\n", check.id, width, to_string(severity),
                         what.empty() ? "" : ": ", what);
    }
  }
  if (!not_asked.empty()) out << "Not asked for: " << not_asked << '\n';
}

std::string days_left(const policy::Waiver& waiver, const std::string& today) {
  const int days = policy::days_between(today, waiver.until);
  if (days == 0) return "ends today";
  const std::string count = report::counted(static_cast<std::uint64_t>(std::abs(days)), "day");
  return days < 0 ? fmt::format("expired {} ago", count) : count + " left";
}

int check_policy(Host& host, const CheckFlags& flags) {
  const policy::Policy p = load_policy(host.input, flags.file);
  const std::string today = flags.today.empty() ? host.today : flags.today;
  host.out << fmt::format("{}: policy '{}' is well-formed\n", printable(flags.file),
                          printable(p.name));
  list_checks_of(p, host.out);
  if (!p.waivers.empty()) host.out << fmt::format("Waivers, on {}:\n", today);
  for (const policy::Waiver& waiver : p.waivers) {
    host.out << fmt::format("  {}  {}  until {}, {}: {}\n", waiver.check, printable(waiver.target),
                            waiver.until, days_left(waiver, today), printable(waiver.reason));
  }
  return exit_compliant;
}

}  // namespace

Command policy_command() {
  const auto name = std::make_shared<std::string>("baseline");
  const auto check = std::make_shared<CheckFlags>();
  return {
      .name = "policy",
      .summary = "Show the built-in policies, check your own",
      .commands = {{.name = "list", .summary = "List the built-in policies", .run = list_policies},
                   {.name = "show",
                    .summary = "Print a built-in policy as TOML",
                    .flags = {{.names = {"NAME"},
                               .help = "baseline or tls12-only",
                               .group = Group::policy,
                               .value = name.get(),
                               .shown_default = *name}},
                    .run = [name](Host& host) { return show_policy(host, *name); }},
                   {.name = "check",
                    .summary = "Check a policy file, and list its checks and waivers",
                    .flags = {{.names = {"FILE"},
                               .help = "a TOML file",
                               .group = Group::policy,
                               .value = &check->file,
                               .required = true},
                              today_flag(check->today)},
                    .run = [check](Host& host) { return check_policy(host, *check); }}}};
}

}  // namespace goldhive::cli
