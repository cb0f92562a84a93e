// The configuration file: what a user wants unless the command line says otherwise. It may hold the
// flags that the table marks as standing choices, and a policy. None is ever read from the working
// folder, which whoever made an image may fill.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/cli/arguments.h"

namespace goldhive::cli {

/// What the command line says of the file itself.
struct ConfigFlags {
  std::optional<std::string> file;  ///< "": none is read
  bool none = false;
};
void add_config_flags(Command& command, ConfigFlags& flags);

/// A value that a file sets.
struct Setting {
  std::string name;   ///< of the flag, without dashes: "jobs"
  std::string value;  ///< as on the command line; a file by its path from the folder of this one
  std::string place;  ///< "config.toml:3"
};

/// The file in effect.
struct Config {
  std::string path = {};  ///< "" if there is none, and all that follows is empty
  std::string sha256 = {};
  std::vector<Setting> settings = {};
  /// What a next command needs to read the same file: "--config" and its name; nothing if it is
  /// found without the command line.
  std::vector<std::string> again = {};

  /// Null if the file does not set it.
  const Setting* find(const std::string& name) const;
};

/// The flags that a file may set, each once, with those of them first that have no section.
std::vector<const Flag*> standing_flags(const Command& program);
/// Its name in a file: "jobs" of --jobs.
std::string standing_name(const Flag& flag);

/// Reads the file that the flags name, or the environment, or that lies in its usual place; only
/// the last may be missing. Error(usage) for what it may not hold, with its place; Error(refused)
/// for one in the usual place that others may have written.
Config load_config(const Host& host, const Command& program, const ConfigFlags& flags);

/// Sets the flags of the command that the command line has left to the file. Error(usage) for a
/// policy that is not there.
void apply(const Config& config, const Host& host, const Request& request);

}  // namespace goldhive::cli
