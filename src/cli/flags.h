// Flags that several commands share, each declared and described once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/cli/arguments.h"
#include "src/cli/cli.h"
#include "src/cli/exit_codes.h"
#include "src/policy/plan.h"
#include "src/target/inspect_target.h"

namespace goldhive::cli {

/// What to look at, and how.
struct TargetFlags {
  std::vector<std::string> targets;
  bool null = false;  ///< lists are separated by NUL
  std::string input_format;
  std::vector<std::string> trusted;  ///< journals, records and undo files that the user vouches for
  std::vector<std::string> images;
  bool check = false;
  int depth = 1;                   ///< how deep images inside archives are opened
  std::uint64_t max_unpacked = 0;  ///< bytes; 0 = by its packed size
  std::vector<std::string> parent_dirs;
  bool hash = false;
  bool no_logs = false;
  bool verbose = false;
  bool strict = false;
  int jobs = 0;  ///< 0 = Host::cores
};
void add_target_flags(Command& command, TargetFlags& flags);
/// Those of them that say which files are meant: the targets, their format, where parents lie.
void add_target_names(Command& command, TargetFlags& flags);

/// When text output has colour. `automatic`: on a terminal that wants it.
enum class ColorWhen { automatic, always, never };

/// Where the report goes, and as what.
struct OutputFlags {
  const report::Format* format = nullptr;  ///< set by add_output_flags(), never null after it
  std::string file;                        ///< -o; "" or "-" = standard output
  std::vector<std::string> reports;        ///< FORMAT=FILE
  ColorWhen color = ColorWhen::automatic;
  bool all = false;      ///< of several installations the details, too
  bool summary = false;  ///< counts and what to do alone
  bool quiet = false;    ///< nothing on standard output
  policy::Severity severity = policy::Severity::info;  ///< rows of less are hidden from people
};
/// `of`: some formats are for the reports of one command.
void add_output_flags(Command& command, OutputFlags& flags, report::Command of);

/// What of the verdicts the exit code tells.
void add_exit_flags(Command& command, ExitRules& rules);

/// How much of the verdicts the text shows.
void add_overview_flags(Command& command, OutputFlags& flags);

/// What targets are judged by where the user names nothing else.
inline constexpr const char* usual_policy = "baseline";

/// By what to judge, and what the exit code says of it.
struct PolicyFlags {
  std::optional<std::string> policy;  ///< nullopt: `standing_policy`
  std::string standing_policy = usual_policy;
  std::string today;  ///< "YYYY-MM-DD"; "" is the host's
  int findings_code = exit_findings;

  const std::string& name() const { return policy ? *policy : standing_policy; }
  /// False where nobody has named one.
  bool is_chosen() const { return policy || standing_policy != usual_policy; }
};
/// The flag --today, by itself.
Flag today_flag(std::string& today);
void add_policy_flags(Command& command, PolicyFlags& flags);

/// What of the findings a plan (and a patch) takes up.
struct PlanFlags {
  std::optional<std::string> protocols;
  policy::ControlSets control_sets = policy::ControlSets::boots;
  std::vector<std::string> only;
};
void add_plan_flags(Command& command, PlanFlags& flags);
/// Error(usage) for a protocol or a check that does not exist, and for protocols that can have no
/// effect: where the policy asks nothing of WinHTTP, or other checks alone are taken up.
policy::PlanOptions plan_options(const PlanFlags& flags, const policy::Policy& policy);

/// Adds a flag and its value as the parser takes them: in one word where the value looks like an
/// option.
void repeat_value(const char* flag, const std::string& value, std::vector<std::string>& words);
/// The flags that say which files are meant, without the targets.
std::vector<std::string> to_repeat(const TargetFlags& targets);
/// Of these flags and targets what a next command needs to mean the same, with the configuration
/// that `host` has: what that says and the command line took back is said again.
/// `plan_file`: the saved plan that decides instead of policy and choice; "" if there is none.
report::Again to_repeat(const Host& host, const TargetFlags& targets, const PolicyFlags& policy,
                        const PlanFlags& plan = {}, const std::string& plan_file = "");

/// `name` of a built-in policy, or a TOML file. Error(usage), Error(not_found), Error(io).
policy::Policy load_policy(const ReadStorage& storage, const std::string& name);
policy::Policy load_policy(const ReadStorage& storage, const PolicyFlags& flags);

/// The day that the end dates of waivers are held against.
std::string today(const Host& host, const PolicyFlags& flags);

/// The plan in the file at `path`. Errors of load_plan(), of read_text_file().
policy::SavedPlan load_plan_file(const ReadStorage& storage, const std::string& path);
/// The policy that a saved plan was made by, which judges what comes of it. Error(usage) where the
/// flags name another, or where they must name its file.
policy::Policy policy_of(const ReadStorage& storage, const policy::SavedPlan& plan,
                         const PolicyFlags& flags);
/// The flags once the saved plan has decided on the policy: as if they had named it, where a
/// command without the plan would judge by another one. Null: there is none.
PolicyFlags judging_by(const policy::SavedPlan* plan, PolicyFlags flags);
/// Error(usage) for flags that would choose among the changes of a saved plan.
void refuse_choice(const PlanFlags& flags);

/// How to open and judge targets, by flags; `policy` may be null and must outlive them.
target::Options target_options(const Host& host, const TargetFlags& flags,
                               const policy::Policy* policy);

}  // namespace goldhive::cli
