#include "src/cli/cli.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ostream>
#include <thread>

#include "imgtools/disk/disk_storage.h"
#include "src/cli/command.h"
#include "src/cli/exit_codes.h"
#include "src/cli/help.h"
#include "src/cli/run_targets.h"
#include "src/cli/timestamp.h"
#include "src/cli/version.h"

namespace goldhive::cli {
namespace {

std::int64_t clock_seconds() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())
      .time_since_epoch()
      .count();
}

/// What a patch stamps keys with, in seconds since 1970. SOURCE_DATE_EPOCH, where set, takes the
/// place of the clock (reproducible-builds.org), here only: a waiver that has expired has expired
/// whatever a build pretends. A malformed one is an error, since who sets it wants the same bytes.
std::int64_t stamp_seconds() {
  if (const std::string epoch = environment("SOURCE_DATE_EPOCH"); !epoch.empty()) {
    if (const auto seconds = parse_epoch(epoch)) return *seconds;
    throw Error(ErrorKind::usage,
                fmt::format("SOURCE_DATE_EPOCH is \"{}\", not seconds since 1970", epoch));
  }
  return clock_seconds();
}

std::string date_of(std::int64_t seconds) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(
      std::chrono::sys_seconds(std::chrono::seconds(seconds))));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

/// Answers, or does, what the arguments ask for; returns the exit code.
int obey(const std::vector<std::string>& arguments, Host& host) {
  ConfigFlags config;
  const Command all = program(config);
  const Request request = parse(all, arguments);
  if (!request.ask) {
    host.config = load_config(host, all, config);
    apply(host.config, host, request);
    return request.command().run(host);
  }
  switch (*request.ask) {
    case Ask::help: {
      constexpr unsigned readable = 100;
      constexpr unsigned usual = 80;
      const bool known = host.terminal.out_is_terminal && host.terminal.width != 0;
      write_help(request.path, known ? std::min(host.terminal.width, readable) : usual, host.out);
      break;
    }
    case Ask::version:
      host.out << version_text();
      break;
  }
  return exit_compliant;
}

/// A full disk is an error. A reader that closed the pipe, such as head, is none, and an
/// interrupted run may have lost its terminal.
int after_flush(Host& host, int exit_code) {
  host.out.flush();
  if (host.out.good() || reader_has_gone() || exit_code == exit_interrupted) return exit_code;
  say(host, "standard output: cannot be written");
  return exit_error;
}

}  // namespace

int run(const std::vector<std::string>& arguments, Host& host) {
  int exit_code = exit_error;
  try {
    exit_code = obey(arguments, host);
  } catch (const std::exception& e) {
    say(host, e.what());
  }
  return after_flush(host, exit_code);
}

int run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err,
        std::istream* in) {
  const auto parent_folders = std::make_shared<std::vector<std::string>>();
  const std::unique_ptr<ReadStorage> input = with_disks(host_read_storage(), parent_folders);
  const std::unique_ptr<Storage> output = with_disks(host_storage(), parent_folders);
  Host host{out, err, *input, *output, open_terminal(), "", 0, host_folders()};
  try {
    host.today = date_of(clock_seconds());
    host.now = file_time(stamp_seconds());
  } catch (const Error& e) {
    say(host, e.what());
    return exit_error;
  }
  host.parent_folders = parent_folders;
  host.in = in;
  host.cores = std::max(1U, std::thread::hardware_concurrency());
  host.interrupted = interrupted;
  return run(arguments, host);
}

}  // namespace goldhive::cli
