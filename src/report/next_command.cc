#include "src/report/next_command.h"

#include <fmt/format.h>

#include <algorithm>

#include "src/report/printable.h"

namespace goldhive::report {

void NextTargets::add(const TargetReport& target,
                      const std::vector<const InstallationReport*>& chosen) {
  const auto put = [this](const std::string& name) {
    if (names_.size() <= most) names_.push_back(name);
  };
  const auto& all = target.installations;
  const bool any_refused = std::any_of(
      all.begin(), all.end(), [](const InstallationReport& i) { return i.refusal.has_value(); });
  if (!chosen.empty() && (all.size() == 1 || (chosen.size() > 1 && !any_refused))) {
    put(target.path);
    return;
  }
  for (const InstallationReport* each : chosen) put(each->facts.id);
}

std::string NextTargets::command(std::string_view name, Command present,
                                 const WriteOptions& options) const {
  const bool by_name = names_.size() <= most;
  // Standard input has been read, and a shell may have made hundreds of names out of one pattern.
  const std::vector<std::string>& given = options.again.targets;
  const bool again = !given.empty() && given.size() <= 2 * most &&
                     std::find(given.begin(), given.end(), "-") == given.end();
  if (!by_name && given.empty()) {
    return fmt::format("goldhive {} with the targets of the {}", name, to_string(present));
  }
  if (!by_name && !again) {
    return fmt::format("this command once more, with {} in place of {}", name, to_string(present));
  }
  std::string line = fmt::format("goldhive {}", name);
  for (const std::string& word : options.again.flags) line += " " + printable(shell_quoted(word));
  for (const std::string& word : by_name ? names_ : given) {
    line += " " + printable(shell_quoted(word));
  }
  return line;
}

std::string shell_quoted(const std::string& text) {
  constexpr std::string_view safe =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
  if (!text.empty() && text.find_first_not_of(safe) == std::string::npos) return text;
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

}  // namespace goldhive::report
