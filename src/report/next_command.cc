#include "src/report/next_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace goldhive::report {

void NextTargets::add(const TargetReport& target,
                      const std::vector<const InstallationReport*>& chosen) {
  const auto& all = target.installations;
  const bool any_refused = std::any_of(
      all.begin(), all.end(), [](const InstallationReport& i) { return i.refusal.has_value(); });
  if (chosen.empty() || all.size() == 1 || (chosen.size() > 1 && !any_refused)) {
    return add_whole(target, !chosen.empty());
  }
  for (const InstallationReport* each : chosen) {
    if (names_.size() <= most) names_.push_back(each->facts.id);
  }
}

void NextTargets::add_whole(const TargetReport& target, bool chosen) {
  if (!chosen) {
    others_ = true;
  } else if (names_.size() <= most) {
    names_.push_back(target.path);
  }
}

/// A plan or a patch passes over what it has nothing to do with. An undo would take back what was
/// done earlier, too.
bool NextTargets::may_be_given_again(Command next, const std::vector<std::string>& given) const {
  if (next == Command::undo && others_) return false;
  // Standard input has been read, and a shell may have made hundreds of names out of one pattern.
  return !given.empty() && given.size() <= 2 * most &&
         std::find(given.begin(), given.end(), "-") == given.end();
}

namespace {

/// Without what lies below another one: an undo of a folder takes back all that is in it.
std::vector<std::string> without_inner(const std::vector<std::string>& names) {
  std::vector<std::string> outer;
  std::copy_if(names.begin(), names.end(), std::back_inserter(outer), [&](const std::string& name) {
    return std::none_of(names.begin(), names.end(), [&](const std::string& other) {
      return name != other && name.starts_with(other.ends_with('/') ? other : other + '/');
    });
  });
  return outer;
}

/// Whether a saved plan is among the flags.
bool names_plan(const std::vector<std::string>& flags) {
  return std::any_of(flags.begin(), flags.end(), [](const std::string& word) {
    return word == "--plan" || word.starts_with("--plan=");
  });
}

}  // namespace

std::string NextTargets::command(Command next, Command present, const WriteOptions& options) const {
  const bool undo = next == Command::undo;
  const std::vector<std::string>& flags = undo ? options.again.undo_flags : options.again.flags;
  const auto line_with = [&](const std::vector<std::string>& targets, bool lists) {
    std::vector<std::string> words = {"goldhive", to_string(next)};
    words.insert(words.end(), flags.begin(), flags.end());
    for (const std::string& target : targets) {
      const bool list = lists && target.starts_with('@');
      words.push_back(list ? target : plain_argument(target, options.shell));
    }
    return command_line(words, options.shell);
  };
  const bool unknown = options.again.unknown && !undo;
  if (unknown || !command_line(flags, options.shell)) {
    return fmt::format("goldhive {} with {}the options and the targets of the {}{}",
                       to_string(next), undo ? "" : "the policy, ", to_string(present),
                       names_plan(flags) ? ", and --plan with the file of the plan" : "");
  }
  const bool by_name = names_.size() <= most;
  if (by_name) {
    if (const auto line = line_with(undo ? without_inner(names_) : names_, false)) return *line;
  }
  const std::vector<std::string>& given = options.again.targets;
  if (may_be_given_again(next, given)) {
    if (const auto line = line_with(given, true)) return *line;
  }
  if (!undo && names_plan(flags)) {  // the present command may have saved it
    return fmt::format("{} with the targets of the {}", *line_with({}, false), to_string(present));
  }
  if (!undo && !by_name && !given.empty()) {
    return fmt::format("this command once more, with {} in place of {}", to_string(next),
                       to_string(present));
  }
  if (undo) return "goldhive undo with each of them, whose undo files stand above";
  return fmt::format("goldhive {} with the targets of the {}", to_string(next), to_string(present));
}

}  // namespace goldhive::report
