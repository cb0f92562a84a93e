// goldhive config: which configuration file is in effect, and what each setting is because of it.
#include <fmt/format.h>

#include <ostream>

#include "src/cli/command.h"
#include "src/cli/exit_codes.h"
#include "src/report/printable.h"

namespace goldhive::cli {
namespace {

void say_file(Host& host) {
  const Config& config = host.config;
  if (!config.path.empty()) {
    host.out << fmt::format("{} (sha256 {})\n", printable(config.path), config.sha256);
    return;
  }
  const std::string& usual = host.folders.usual_config;
  host.out << "no configuration file is in effect";
  if (config.again.empty() && !usual.empty()) {
    host.out << fmt::format(": there is no {}", printable(usual));
  }
  host.out << '\n';
}

/// What holds of a flag that nothing sets.
std::string value_without(const Flag& flag) {
  if (!flag.shown_default.empty()) return flag.shown_default;
  return std::holds_alternative<bool*>(flag.value) ? "false" : "-";
}

int show_config(Host& host) {
  constexpr int name_width = 14;
  constexpr int value_width = 20;
  say_file(host);
  host.out << '\n';
  ConfigFlags unused;
  const Command all = program(unused);
  for (const Flag* flag : standing_flags(all)) {
    const std::string name = standing_name(*flag);
    const Setting* setting = host.config.find(name);
    host.out << fmt::format("{:{}}  {:{}}  {}\n", name, name_width,
                            printable(setting != nullptr ? setting->value : value_without(*flag)),
                            value_width,
                            setting != nullptr ? printable(setting->place) : "default");
  }
  return exit_compliant;
}

}  // namespace

Command config_command() {
  return {.name = "config",
          .summary = "Show the configuration file in effect and what each option is",
          .footer =
              "A configuration is TOML: policy = NAME or FILE, and the options shown here below "
              "[options]. The command line wins over it. None is read from the working folder.\n"
              "Example:\n"
              "  policy = \"tls12-only\"\n"
              "  [options]\n"
              "  jobs = 4\n"
              "  max-unpacked = \"20G\"",
          .run = show_config};
}

}  // namespace goldhive::cli
