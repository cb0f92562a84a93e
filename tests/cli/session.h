// The command line in process, on a host in memory.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "src/cli/cli.h"
#include "tests/cli/memory_storage.h"

namespace goldhive::tests {

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;

  nlohmann::json json() const;  ///< `out`, parsed
};

/// A storage and what a user types at it.
struct Session {
  MemoryStorage storage;
  cli::Terminal terminal;  ///< no terminal unless a test says so
  bool (*interrupted)() = nullptr;
  std::string working;            ///< the working folder, as it stands in outputs
  std::string usual_config = {};  ///< as in HostFolders
  std::string named_config = {};

  /// "goldhive <arguments>".
  Outcome run(const std::vector<std::string>& arguments, const std::string& input = "") {
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream err;
    cli::Host host{out,
                   err,
                   storage,
                   storage,
                   terminal,
                   "2026-01-31",
                   134143776000000000,
                   {working, ".", "", usual_config, named_config}};
    host.in = &in;
    host.interrupted = interrupted;
    const int code = cli::run(arguments, host);
    return {code, out.str(), err.str()};
  }

  /// The tree of a recipe of fixtures/, as directory `path`.
  void put_recipe(const std::string& recipe, const std::string& path);
};

}  // namespace goldhive::tests
