// goldhive undo: takes the last patch of a target back, byte for byte.
#include <fmt/format.h>

#include <atomic>
#include <set>

#include "imgtools/change/read_through.h"
#include "src/cli/ask.h"
#include "src/cli/command.h"
#include "src/cli/exit_codes.h"
#include "src/cli/restore.h"
#include "src/cli/run_targets.h"
#include "src/patch/undo_files.h"
#include "src/patch/undo_target.h"
#include "src/policy/calendar.h"
#include "src/report/printable.h"

namespace goldhive::cli {
namespace {

struct UndoCommandFlags {
  TargetFlags targets;
  OutputFlags output;
  UndoFlags undo;
  bool force = false;
  bool all_links = false;
  bool break_links = false;
  bool list = false;
  bool prune = false;
  int older_than = 0;  ///< days; of what is pruned
  bool dry_run = false;
  bool yes = false;
};

using target::TargetName;

patch::UndoSettings settings_of(const Host& host, const UndoCommandFlags& flags) {
  patch::UndoSettings settings;
  settings.place = undo_options(host, flags.undo);
  settings.open = open_options(host, flags.targets);
  settings.force = flags.force;
  settings.links = links_of(flags.all_links, flags.break_links);
  return settings;
}

int nothing_to_undo(Host& host) {
  say(host, "nothing to take back: no target in what was named has an undo file");
  return exit_error;
}

/// Runs of `undo` that end in the report of each target, made by `look`, from a storage that cannot
/// write.
class Looking {
 public:
  Looking(Host& host, const UndoCommandFlags& flags)
      : host_(host), flags_(flags), settings_(settings_of(host, flags)) {}

  std::string absolute(const TargetName& name) const {
    return make_absolute(name.path, host_.folders.working);
  }
  patch::PlacedUndoFiles files_of(const ReadStorage& storage, const TargetName& name) const {
    return patch::undo_files_of(storage, name, absolute(name), settings_.place);
  }

  /// "--list".
  void list(const ReadStorage& storage, const TargetName& name,
            report::TargetReport& report) const {
    report.undo_files = patch::undo_file_reports(storage, files_of(storage, name), settings_.links);
    note_trees(storage, name, report);
  }

  void note_trees(const ReadStorage& storage, const TargetName& name,
                  report::TargetReport& report) const {
    std::string note = patch::trees_patched_alone(storage, name, absolute(name), settings_.place);
    if (!note.empty()) report.notes.push_back(std::move(note));
  }

  /// "--dry-run".
  void foresee(const ReadStorage& storage, const TargetName& name,
               report::TargetReport& report) const {
    patch::foresee_undo(storage, name, absolute(name), settings_, report);
    note_trees(storage, name, report);
    report::RestoreReport& restore = *report.restore;
    restore.dry_run = true;
    if (report.error) return;
    for (const report::UndoFileReport& undo : report.undo_files) {
      for (const std::string& file : undo.files) {
        restore.files.push_back({file, undo.state != report::UndoState::done});
      }
      restore.removed.push_back(undo.path);
    }
  }

  /// What a prune removes: what is of no use, and as old as it must be.
  bool is_prunable(const report::UndoFileReport& undo) const {
    if (!patch::is_of_no_use(undo)) return false;
    if (flags_.older_than == 0) return true;
    const std::optional<std::string> made = report::iso_time(undo.made);
    if (!made) return false;
    return policy::days_between(made->substr(0, std::string_view("2016-07-08").size()),
                                host_.today) >= flags_.older_than;
  }

  /// "--prune --dry-run".
  void foresee_prune(const ReadStorage& storage, const TargetName& name,
                     report::TargetReport& report) const {
    list(storage, name, report);
    report::RestoreReport& restore = report.restore.emplace();
    restore.dry_run = true;
    for (const report::UndoFileReport& undo : report.undo_files) {
      if (is_prunable(undo)) restore.removed.push_back(undo.path);
    }
  }

  using Look = void (Looking::*)(const ReadStorage&, const TargetName&,
                                 report::TargetReport&) const;
  int run(Look look) const {
    std::atomic<std::size_t> looked_at = 0;
    std::atomic<std::size_t> without = 0;
    Output output(host_, report::Command::undo, flags_.output, false);
    const report::Report all =
        run_targets(host_, report::Command::undo, nullptr, flags_.targets, output,
                    [&](const ReadStorage& storage, const Target& target, IoCounter&) {
                      report::TargetReport report = report_of(storage, target, look);
                      ++looked_at;
                      if (report.restore && report.restore->no_undo_file) ++without;
                      return report;
                    });
    output.finish(all);
    const bool nothing = look == &Looking::foresee && without > 0 && without == looked_at;
    return nothing ? nothing_to_undo(host_) : exit_code_of(all);
  }

 private:
  report::TargetReport report_of(const ReadStorage& storage, const Target& target,
                                 Look look) const {
    report::TargetReport report;
    report.path = target.path;
    try {
      const TargetName name = target::split_target(storage, target.path);
      (this->*look)(storage, name, report);
      const bool rolls_back = report.restore && !report.restore->journals.empty();
      const bool none = report.undo_files.empty() && !report.error && !rolls_back;
      if (none && !target.found && !flags_.prune) throw patch::no_undo_file(name);
      if (none) report.restore.emplace(report.restore.value_or(report::RestoreReport{}));
      if (none) report.restore->no_undo_file = true;
    } catch (const Error& e) {
      report.error = e.at(target.path);
    }
    return report;
  }

  Host& host_;
  const UndoCommandFlags& flags_;
  patch::UndoSettings settings_;
};

/// The undo files that a prune would remove, of all targets.
std::set<std::string> prunable(const Host& host, const UndoCommandFlags& flags,
                               const Looking& looking) {
  std::set<std::string> paths;
  for (const Target& target : expand_targets(host, flags.targets).targets) {
    report::TargetReport report;
    try {
      const ReadThroughStorage through(host.input);
      looking.list(through, target::split_target(through, target.path), report);
    } catch (const Error&) {
      continue;  // told when it is that target's turn
    }
    for (const report::UndoFileReport& undo : report.undo_files) {
      if (looking.is_prunable(undo)) paths.insert(undo.path);
    }
  }
  return paths;
}

int prune(Host& host, const UndoCommandFlags& flags, const Looking& looking) {
  std::set<std::string> shown;
  const bool asks = !flags.yes && can_ask(host, flags.targets.targets);
  if (asks) {
    shown = prunable(host, flags, looking);
    for (const std::string& path : shown) say(host, path + ": is of no use any more");
    const std::string what =
        shown.size() == 1 ? "the undo file" : fmt::format("{} undo files", shown.size());
    if (!shown.empty() && !agrees(host, fmt::format("Remove {}?", what))) {
      throw Error(ErrorKind::refused, "nothing was removed");
    }
  }
  return restore_targets(
      host, report::Command::undo, flags.targets, flags.output,
      [&](Storage& storage, const TargetName& name, bool, report::TargetReport& report) {
        const patch::PlacedUndoFiles files = looking.files_of(storage, name);
        report.restore->no_undo_file = files.files.empty();
        patch::prune_undo_files(storage, files, [&](const report::UndoFileReport& undo) {
          return looking.is_prunable(undo) && (!asks || shown.count(undo.path) != 0);
        });
      });
}

int undo_all(Host& host, const UndoCommandFlags& flags, const Looking& looking) {
  const patch::UndoSettings settings = settings_of(host, flags);
  std::size_t undone = 0;
  std::size_t without = 0;
  const int code = restore_targets(
      host, report::Command::undo, flags.targets, flags.output,
      [&](Storage& storage, const TargetName& name, bool found, report::TargetReport& report) {
        ++undone;
        const bool taken =
            patch::undo_target(storage, name, looking.absolute(name), settings, report);
        looking.note_trees(storage, name, report);
        if (taken) return;
        if (!found) throw patch::no_undo_file(name);
        report.restore->no_undo_file = true;
        ++without;
      });
  if (without == 0 || without < undone) return code;
  return nothing_to_undo(host);
}

int undo(Host& host, const UndoCommandFlags& flags) {
  if (flags.list && flags.prune) {
    throw Error(ErrorKind::usage, "--list and --prune contradict each other");
  }
  if (flags.older_than > 0 && !flags.prune) {
    throw Error(ErrorKind::usage, "--older-than says what --prune removes, and stands with it");
  }
  const Looking looking(host, flags);
  if (flags.list) return looking.run(&Looking::list);
  if (flags.prune && flags.dry_run) return looking.run(&Looking::foresee_prune);
  if (flags.prune) return prune(host, flags, looking);
  return flags.dry_run ? looking.run(&Looking::foresee) : undo_all(host, flags, looking);
}

}  // namespace

Command undo_command() {
  const auto flags = std::make_shared<UndoCommandFlags>();
  Command command{.name = "undo", .summary = "Take the last patch back, byte for byte"};
  add_target_names(command, flags->targets);
  command.flags.push_back(
      {.names = {"--undo-dir"},
       .value_name = "DIR",
       .help = "look for undo files in this folder (default: beside the target)",
       .group = Group::patch,
       .value = &flags->undo.directory,
       .standing = Standing::path});
  command.flags.push_back(
      {.names = {"--force"},
       .help = "put the old bytes back although the target was changed since the patch",
       .group = Group::patch,
       .value = &flags->force});
  command.flags.push_back({.names = {"--break-links"},
                           .help =
                               "give a file that got other names (hard links) since the patch a "
                               "content of its own first",
                           .group = Group::patch,
                           .value = &flags->break_links});
  command.flags.push_back({.names = {"--all-links"},
                           .help = "take the patch back for all names of such a file",
                           .group = Group::patch,
                           .value = &flags->all_links});
  command.flags.push_back(
      {.names = {"--list"},
       .help = "show the undo files of the targets, and whether they can be taken back; write "
               "nothing",
       .group = Group::patch,
       .value = &flags->list});
  command.flags.push_back(
      {.names = {"--prune"},
       .help = "take nothing back, and remove undo files whose target has its old bytes again",
       .group = Group::patch,
       .value = &flags->prune});
  constexpr int most_days = 100'000;
  command.flags.push_back({.names = {"--older-than"},
                           .value_name = "DAYS",
                           .help = "with --prune: only undo files that are at least so old",
                           .group = Group::patch,
                           .value = Number{&flags->older_than, 0, most_days}});
  command.flags.push_back({.names = {"--dry-run"},
                           .help = "show what would be written or removed, write nothing",
                           .group = Group::change,
                           .value = &flags->dry_run});
  command.flags.push_back({.names = {"-y", "--yes"},
                           .help = "on a terminal, do not ask before undo files are removed",
                           .group = Group::change,
                           .value = &flags->yes});
  add_output_flags(command, flags->output, report::Command::undo);
  command.footer =
      "Targets are named as they were for the patch. Exit code: 0 restored, 2 error or refused.";
  command.run = [flags](Host& host) { return undo(host, *flags); };
  return command;
}

}  // namespace goldhive::cli
