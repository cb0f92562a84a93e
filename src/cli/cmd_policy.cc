// goldhive policy: the built-in policies, to read and to start one's own from.
#include <fmt/format.h>

#include <ostream>

#include "src/cli/command.h"
#include "src/cli/exit_codes.h"
#include "src/cli/flags.h"

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

int check_policy(Host& host, const std::string& file) {
  const policy::Policy p = load_policy(host.input, file);
  host.out << fmt::format("{}: policy '{}' is well-formed\n", file, p.name);
  return exit_compliant;
}

}  // namespace

Command policy_command() {
  const auto name = std::make_shared<std::string>("baseline");
  const auto file = std::make_shared<std::string>();
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
                    .summary = "Check a policy file",
                    .flags = {{.names = {"FILE"},
                               .help = "a TOML file",
                               .group = Group::policy,
                               .value = file.get(),
                               .required = true}},
                    .run = [file](Host& host) { return check_policy(host, *file); }}}};
}

}  // namespace goldhive::cli
