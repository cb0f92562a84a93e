#include "src/cli/patch_settings.h"

#include "src/cli/timestamp.h"
#include "src/cli/version.h"
#include "src/hive/cross_check.h"

namespace goldhive::cli {

void repeat_undo_folder(const Host& host, const UndoFlags& flags, std::vector<std::string>& words) {
  // Empty: beside the targets, and not where the configuration says.
  if (!flags.directory.empty() || host.config.find("undo-dir") != nullptr) {
    repeat_value("--undo-dir", flags.directory, words);
  }
}

std::vector<std::string> to_repeat(const Host& host, const ChangeFlags& flags) {
  std::vector<std::string> words;
  if (!flags.timestamp.empty()) repeat_value("--timestamp", flags.timestamp, words);
  repeat_undo_folder(host, flags.undo, words);
  for (const auto& [set, flag] :
       {std::pair{flags.undo.no_undo, "--no-undo"}, std::pair{flags.compact, "--compact"},
        std::pair{flags.force_dirty, "--force-dirty"},
        std::pair{flags.force_unclean, "--force-unclean"},
        std::pair{flags.break_links, "--break-links"}, std::pair{flags.all_links, "--all-links"},
        std::pair{flags.no_cross_check, "--no-cross-check"}}) {
    if (set) words.emplace_back(flag);
  }
  return words;
}

patch::PatchSettings patch_settings(const Host& host, const PatchChoice& choice) {
  const ChangeFlags& flags = choice.change;
  patch::PatchSettings settings;
  settings.target = target_options(host, choice.targets, &choice.policy);
  settings.target.today = today(host, choice.policy_flags);
  settings.target.force_unclean = flags.force_unclean;
  settings.plan = plan_options(choice.plan, choice.policy);
  settings.saved = choice.saved;
  settings.edit.now = flags.timestamp.empty() ? host.now : parse_timestamp(flags.timestamp);
  settings.edit.use_logs = !choice.targets.no_logs;
  settings.edit.force_dirty = flags.force_dirty;
  settings.edit.cross_check = !flags.no_cross_check && hive::cross_check_available();
  settings.cross_check_note = flags.no_cross_check
                                  ? "hivex did not check the edited hives (--no-cross-check)"
                                  : "hivex did not check the edited hives: this build has no hivex";
  settings.edit.scratch_directory = host.folders.scratch;
  settings.undo = undo_options(host, flags.undo);
  settings.compact = flags.compact;
  settings.links = links_of(flags.all_links, flags.break_links);
  settings.tool_version = tool_version();
  return settings;
}

}  // namespace goldhive::cli
