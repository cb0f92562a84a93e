// The commands. Each is one file cmd_<name>.cc with one function, and one row in commands.cc.
#pragma once

#include <CLI/CLI.hpp>
#include <vector>

#include "src/cli/cli.h"

namespace goldhive::cli {

/// Adds a subcommand to `app`; when it is parsed, runs it and stores its exit code.
using AddCommand = void (*)(CLI::App& app, Host& host, int& exit_code);

void add_scan(CLI::App& app, Host& host, int& exit_code);
void add_list(CLI::App& app, Host& host, int& exit_code);
void add_plan(CLI::App& app, Host& host, int& exit_code);
void add_verify(CLI::App& app, Host& host, int& exit_code);
void add_patch(CLI::App& app, Host& host, int& exit_code);
void add_undo(CLI::App& app, Host& host, int& exit_code);
void add_recover(CLI::App& app, Host& host, int& exit_code);
void add_explain(CLI::App& app, Host& host, int& exit_code);
void add_policy(CLI::App& app, Host& host, int& exit_code);

/// All of them, in the order of --help.
const std::vector<AddCommand>& commands();

}  // namespace goldhive::cli
