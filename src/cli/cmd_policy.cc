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

void add_policy(CLI::App& app, Host& host, int& exit_code) {
  CLI::App* command = app.add_subcommand("policy", "Show the built-in policies, check your own");
  command->require_subcommand(1);

  CLI::App* list = command->add_subcommand("list", "List the built-in policies");
  list->callback([&host, &exit_code] { exit_code = list_policies(host); });

  CLI::App* show = command->add_subcommand("show", "Print a built-in policy as TOML");
  const auto name = std::make_shared<std::string>("baseline");
  show->add_option("NAME", *name, "baseline or tls12-only")->capture_default_str();
  show->callback([&host, &exit_code, name] { exit_code = show_policy(host, *name); });

  CLI::App* check = command->add_subcommand("check", "Check a policy file");
  const auto file = std::make_shared<std::string>();
  check->add_option("FILE", *file, "a TOML file")->required();
  check->callback([&host, &exit_code, file] { exit_code = check_policy(host, *file); });
}

}  // namespace goldhive::cli
