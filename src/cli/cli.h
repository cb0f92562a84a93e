// The command line as a library: main.cc is a shell around run(), and the tests call it too.
#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "imgtools/host/storage.h"
#include "src/cli/config.h"
#include "src/cli/host_folders.h"
#include "src/cli/terminal.h"
#include "src/hive/hive.h"

namespace goldhive::cli {

/// All that a command sees of the machine it runs on. Tests hand in their own.
struct Host {
  std::ostream& out;         ///< results
  std::ostream& err;         ///< messages
  const ReadStorage& input;  ///< targets and policy files: no call of it can write
  Storage& output;           ///< report files of -o and --report; patch, undo and recover
  Terminal terminal;
  std::string today;       ///< "YYYY-MM-DD", for the end dates of waivers
  hive::FileTime now = 0;  ///< what a patch stamps keys with, unless told otherwise
  HostFolders folders = {};
  /// What the storages take for the folders of --parent-dir; null if they have no disks.
  std::shared_ptr<std::vector<std::string>> parent_folders = nullptr;
  std::istream* in = nullptr;  ///< a list of targets may come from here ("-")
  Config config = {};          ///< in effect, set by run()
  unsigned cores = 1;          ///< targets worked on at once, unless told otherwise
  /// Whether the user wants to end the run; null: never.
  bool (*interrupted)() = nullptr;
};

/// Runs `arguments` (without the program name). Returns the exit code (exit_codes.h).
int run(const std::vector<std::string>& arguments, Host& host);

/// The same on the real host, with its clock, environment and terminal. `in`: null if there is
/// none.
int run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err,
        std::istream* in = nullptr);

}  // namespace goldhive::cli
