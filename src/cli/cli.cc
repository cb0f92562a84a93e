#include "src/cli/cli.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ostream>
#include <thread>

#include "src/cli/command.h"
#include "src/cli/exit_codes.h"
#include "src/cli/run_targets.h"
#include "src/cli/timestamp.h"
#include "src/cli/version.h"

namespace goldhive::cli {
namespace {

/// Seconds since 1970. SOURCE_DATE_EPOCH, where set, takes the place of the clock
/// (reproducible-builds.org). A malformed one is an error: whoever sets it wants the same bytes.
std::int64_t clock_seconds() {
  if (const std::string epoch = environment("SOURCE_DATE_EPOCH"); !epoch.empty()) {
    if (const auto seconds = parse_epoch(epoch)) return *seconds;
    throw Error(ErrorKind::usage,
                fmt::format("SOURCE_DATE_EPOCH is \"{}\", not seconds since 1970", epoch));
  }
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())
      .time_since_epoch()
      .count();
}

std::string date_of(std::int64_t seconds) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(
      std::chrono::sys_seconds(std::chrono::seconds(seconds))));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

/// "goldhive scan", or "goldhive" where no command was recognised.
std::string command_line_of(const CLI::App& app) {
  std::string name = app.get_name();
  for (const CLI::App* sub : app.get_subcommands()) name += " " + sub->get_name();
  return name;
}

/// A mistyped command must not be reported as a missing one.
void refuse_unknown_command(const CLI::App& app, const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front().starts_with('-')) return;
  std::string known;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == arguments.front()) return;
    known += (known.empty() ? "" : ", ") + command->get_name();
  }
  throw Error(ErrorKind::usage,
              fmt::format("no command '{}' (there are {})", arguments.front(), known));
}

int parse(CLI::App& app, const std::vector<std::string>& arguments, Host& host,
          const int& exit_code) {
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForVersion&) {
    host.out << version_text();
  } catch (const CLI::Success&) {
    host.out << app.help();  // of the innermost command that was named
  } catch (const CLI::ParseError& e) {
    const std::string command = command_line_of(app);
    std::string problem = e.what();
    if (problem == "A subcommand is required") problem = "a command is required";
    say(host, fmt::format("{} (see {} --help)", problem, command));
    return exit_error;
  }
  return exit_code;
}

/// A full disk must not look like success; a reader that has seen enough is no error.
int after_flush(Host& host, int exit_code) {
  host.out.flush();
  if (host.out.good() || reader_has_gone()) return exit_code;
  say(host, "standard output: cannot be written");
  return exit_error;
}

}  // namespace

int run(const std::vector<std::string>& arguments, Host& host) {
  CLI::App app("Audits and patches the TLS settings of Windows images at rest", "goldhive");
  app.set_version_flag("--version", "goldhive", "Show the version, the libraries, what is missing");
  app.require_subcommand(1);
  int exit_code = exit_compliant;
  for (const AddCommand add : commands()) add(app, host, exit_code);
  try {
    refuse_unknown_command(app, arguments);
    exit_code = parse(app, arguments, host, exit_code);
  } catch (const std::exception& e) {
    say(host, e.what());
    exit_code = exit_error;
  }
  return after_flush(host, exit_code);
}

int run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err,
        std::istream* in) {
  const std::unique_ptr<ReadStorage> input = host_read_storage();
  const std::unique_ptr<Storage> output = host_storage();
  Host host{out, err, *input, *output, open_terminal(), "", 0, host_folders()};
  try {
    const std::int64_t seconds = clock_seconds();
    host.today = date_of(seconds);
    host.now = file_time(seconds);
  } catch (const Error& e) {
    say(host, e.what());
    return exit_error;
  }
  host.in = in;
  host.cores = std::max(1U, std::thread::hardware_concurrency());
  host.interrupted = interrupted;
  return run(arguments, host);
}

}  // namespace goldhive::cli
