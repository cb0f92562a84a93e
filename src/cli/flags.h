// Flags that several commands share, each declared and described once.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "src/cli/cli.h"
#include "src/cli/exit_codes.h"
#include "src/policy/plan.h"
#include "src/target/inspect_target.h"

namespace goldhive::cli {

/// What to look at, and how.
struct TargetFlags {
  std::vector<std::string> targets;
  std::string input_format;
  std::string image;
  bool check = false;
  int depth = 1;                   ///< how deep images inside archives are opened
  std::uint64_t max_unpacked = 0;  ///< bytes; 0 = by its packed size
  bool hash = false;
  bool no_logs = false;
  bool verbose = false;
  bool strict = false;
  unsigned jobs = 0;  ///< 0 = Host::cores
};
void add_target_flags(CLI::App& command, TargetFlags& flags);
/// Those of them that say which files are meant: the targets, and their format.
void add_target_names(CLI::App& command, TargetFlags& flags);

/// Where the report goes, and as what.
struct OutputFlags {
  std::string format = "text";
  std::string file;                  ///< -o; "" or "-" = standard output
  std::vector<std::string> reports;  ///< FORMAT=FILE
  std::string color = "auto";
};
/// `command` bears the name of the command: some formats belong to one. plan's -o is its own.
void add_output_flags(CLI::App& command, OutputFlags& flags, bool with_file = true);

/// By what to judge, and what the exit code says of it.
struct PolicyFlags {
  std::string policy = "baseline";
  int findings_code = exit_findings;
};
void add_policy_flags(CLI::App& command, PolicyFlags& flags);

/// What of the findings a plan (and a patch) takes up.
struct PlanFlags {
  std::optional<std::string> protocols;
  std::string control_set = "default";
  std::vector<std::string> only;
};
void add_plan_flags(CLI::App& command, PlanFlags& flags);
/// Error(usage) for a protocol or a check that does not exist.
policy::PlanOptions plan_options(const PlanFlags& flags);

/// `name` of a built-in policy, or a TOML file. Error(usage), Error(not_found), Error(io).
policy::Policy load_policy(const ReadStorage& storage, const std::string& name);

/// How to open and judge targets, by flags; `policy` may be null and must outlive them.
target::Options target_options(const Host& host, const TargetFlags& flags,
                               const policy::Policy* policy);

}  // namespace goldhive::cli
