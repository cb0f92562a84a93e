#include "src/cli/run_targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <ostream>
#include <vector>

#include "imgtools/change/own_names.h"
#include "imgtools/change/read_through.h"
#include "imgtools/change/watching_storage.h"
#include "imgtools/formats.h"
#include "imgtools/host/path.h"
#include "src/cli/ordered_work.h"
#include "src/cli/progress.h"
#include "src/cli/targets.h"
#include "src/cli/turns.h"
#include "src/report/printable.h"
#include "src/target/collection.h"
#include "src/target/windows_backup.h"

namespace goldhive::cli {
namespace {

/// One line that names the path as the user gave it and the reason.
std::string error_line(const std::string& target, const Error& error) {
  const std::string line = error.what();
  return line.starts_with(target) ? line : target + ": " + line;
}

/// True of what the target's own error says already.
bool is_of_target(const Error& error, const report::TargetReport& target) {
  return target.error && std::string_view(target.error->what()) == error.what();
}

void say_errors(Host& host, const report::TargetReport& target) {
  if (target.error) say(host, error_line(target.path, *target.error));
  for (const report::InstallationReport& i : target.installations) {
    if (i.changed && i.planned_in_vain() && !is_of_target(*i.refusal, target)) {
      say(host, error_line(target.path, *i.refusal));
    }
    for (const windows::HiveFact& h : i.facts.hives) {
      if (h.error) say(host, error_line(target.path, h.error->at(windows::to_string(h.name))));
    }
  }
}

/// What the user names to have a journal rolled back: that of a folder takes no hive by itself.
std::string name_to_recover(const ReadThroughStorage::Met& met,
                            const report::TargetReport& target) {
  if (target.format != "hive" || met.journal != journal_path(parent_of(met.file), {})) {
    return target.path;
  }
  const std::string folder = parent_of(met.journal);
  return folder.empty() ? "." : folder;
}

/// "goldhive recover <target>", with the flags that say which files are meant.
std::string recover_command_for(const std::string& name, const TargetFlags& flags, Shell shell) {
  std::vector<std::string> words = {"goldhive", "recover"};
  for (std::string& word : to_repeat(flags)) words.push_back(std::move(word));
  words.push_back(plain_argument(name, shell));
  return command_line(words, shell).value_or("goldhive recover, with that target");
}

void add_hot_journals(const ReadThroughStorage& storage, const TargetFlags& flags, Shell shell,
                      report::TargetReport& target) {
  for (const ReadThroughStorage::Met& met : storage.journals()) {
    if (!met.fits) continue;  // opening the file was an error, which says so
    if (const std::string writer = storage.writer_of(met.file); !writer.empty()) {
      target.notes.push_back(
          fmt::format("{} is being patched ({}); it is read as it was before (journal {})",
                      met.file, writer, met.journal));
      continue;
    }
    target.notes.push_back(fmt::format(
        "a patch of {} was cut off; it is read as it was before (journal {}).  To roll it back: {}",
        met.file, met.journal, recover_command_for(name_to_recover(met, target), flags, shell)));
  }
}

/// Not every disk in a folder of disks holds a Windows. One without is a note and no error, if all
/// of it could be read.
void excuse_without_windows(report::TargetReport& target) {
  if (!target.error || target.error->kind() != ErrorKind::not_found || target.format.empty() ||
      std::any_of(target.volumes.begin(), target.volumes.end(), [](const report::VolumeReport& v) {
        return !v.passed_over.empty() && !v.foreign;
      })) {
    return;
  }
  target.notes.push_back(target.error->message());
  target.error.reset();
}

/// True of an archive in a folder that was looked at in full and is ordinary: it holds no image, no
/// hive and no other thing worth a word. A folder can have thousands of them.
bool is_ordinary_archive(const report::TargetReport& target) {
  return !target.error && target.installations.empty() && !target.hive_checks && !target.restore &&
         target.notes.size() == 1 &&  // that there is no Windows
         std::all_of(target.volumes.begin(), target.volumes.end(),
                     [](const report::VolumeReport& v) {
                       return v.foreign ||
                              is_archive_format(v.file_system.substr(0, v.file_system.find('.')));
                     }) &&
         is_archive_format(target.format);
}

}  // namespace

void say(Host& host, const std::string& message) {
  host.err << "goldhive: " << printable(message) << '\n';
}

namespace {

/// What came of one target, for the thread that reports on all of them.
struct Outcome {
  report::TargetReport target;
  ReadStats read;
  bool passed_over = false;  ///< it is counted, and not reported
};

/// Works on a target, once more if a file of it changed meanwhile. What would be said of a second
/// mixture of two states is left out.
report::TargetReport run_steadily(const Host& host, const TargetFlags& flags,
                                  const ReadStorage& base, const Target& wanted,
                                  const RunOnTarget& run, IoCounter& counter) {
  for (bool again = false;; again = true) {
    const WatchingStorage watching(base);
    const ReadThroughStorage storage(watching);
    report::TargetReport target = run(storage, wanted, counter);
    add_hot_journals(storage, flags, host.terminal.shell, target);
    const std::string changed = watching.changed();
    if (changed.empty() || counter.stop().stopped()) return target;
    if (!again) continue;
    report::TargetReport unsure;
    unsure.path = target.path;
    unsure.format = target.format;
    unsure.notes = target.notes;
    unsure.error =
        Error(ErrorKind::io,
              "changed while it was read, twice: scan it again when nobody writes it", changed);
    return unsure;
  }
}

/// The report of a target whose work the user ended. What rests on a read that was not done is no
/// result: only what was changed is kept.
void leave_off(report::TargetReport& target) {
  std::vector<report::InstallationReport> changed;
  std::string left;
  for (report::InstallationReport& each : target.installations) {
    if (each.changed.value_or(false)) {
      changed.push_back(std::move(each));
    } else if (each.planned_in_vain() || (each.changed && !each.changes->empty())) {
      left += (left.empty() ? "" : ", ") + each.facts.id;
    }
  }
  target.installations = std::move(changed);
  target.hive_checks.reset();
  target.volumes.clear();
  target.interrupted = report::Interruption::cut_short;
  const bool some =
      !target.installations.empty() ||
      (target.restore && !(target.restore->files.empty() && target.restore->journals.empty()));
  std::string message =
      some ? "interrupted: only a part was done" : "interrupted: nothing was done";
  if (!left.empty()) message += "; not changed: " + left;
  target.error = Error(ErrorKind::refused, message, target.path);
}

/// One that was not looked at when the user ended the run.
report::TargetReport not_begun(const std::string& path) {
  report::TargetReport target;
  target.path = path;
  target.interrupted = report::Interruption::not_begun;
  target.error = Error(ErrorKind::refused, "not begun: the run was interrupted", path);
  report::settle(target);
  return target;
}

bool changes_files(report::Command command) {
  return command == report::Command::patch || command == report::Command::undo ||
         command == report::Command::recover;
}

/// Holds the folder in which a target was found. Its undo file is reached by the absolute path.
std::vector<std::unique_ptr<HeldFolder>> hold_walked(const Host& host, const Target& wanted) {
  std::vector<std::unique_ptr<HeldFolder>> held;
  held.push_back(host.output.hold_folder(wanted.walked, Reach::below));
  const std::string absolute = make_absolute(wanted.walked, host.folders.working);
  if (host.output.stat(absolute)) {
    held.push_back(host.output.hold_folder(absolute, Reach::below));
  }
  return held;
}

/// Works on a target where it was found: nobody who puts a link in its place, or in that of a
/// folder on the way to it, leads a change elsewhere.
report::TargetReport run_in_place(const Host& host, report::Command command,
                                  const TargetFlags& flags, const CountingReadStorage& storage,
                                  const Target& wanted, const RunOnTarget& run,
                                  IoCounter& counter) {
  try {
    std::vector<std::unique_ptr<HeldFolder>> held;
    if (!wanted.walked.empty()) {
      storage.read_link(wanted.path);
      if (changes_files(command)) held = hold_walked(host, wanted);
    }
    return run_steadily(host, flags, storage, wanted, run, counter);
  } catch (const Error& e) {
    report::TargetReport target;
    target.path = wanted.path;
    target.error = e.at(wanted.path);
    return target;
  }
}

Outcome run_on(const Host& host, report::Command command, const TargetFlags& flags,
               const Target& wanted, const RunOnTarget& run, IoCounter& counter) {
  const CountingReadStorage counting(host.input, counter, flags.trusted, no_link(wanted));
  Outcome outcome{run_in_place(host, command, flags, counting, wanted, run, counter), {}};
  outcome.target.backup =
      target::windows_backup_of(make_absolute(wanted.path, host.folders.working));
  target::note_collection(make_absolute(wanted.path, host.folders.working), outcome.target);
  if (counter.stop().stopped()) {
    leave_off(outcome.target);
  } else if (wanted.found) {
    excuse_without_windows(outcome.target);
    outcome.passed_over = is_ordinary_archive(outcome.target);
  }
  report::settle(outcome.target);
  outcome.read = counter.read();
  return outcome;
}

/// Works on a target when it is its turn, and says after which other it was.
Outcome in_turn(Turns& turns, std::size_t index, const std::function<Outcome()>& work) {
  Outcome outcome;
  turns.take(index, [&] { outcome = work(); });
  for (std::string& note : turns.notes(index)) outcome.target.notes.push_back(std::move(note));
  return outcome;
}

/// The counters of the targets that are being worked on.
class Counters {
 public:
  explicit Counters(bool (*asked)()) : asked_(asked) {}

  /// Made where there is none yet.
  std::shared_ptr<IoCounter> of(std::size_t index) {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<IoCounter>& counter = counters_[index];
    if (!counter) counter = std::make_shared<IoCounter>(asked_);
    return counter;
  }
  std::optional<LongRead> long_read(std::size_t index) { return of(index)->long_read(); }
  void forget(std::size_t index) {
    const std::lock_guard lock(mutex_);
    counters_.erase(index);
  }

 private:
  bool (*asked_)();
  std::mutex mutex_;
  std::map<std::size_t, std::shared_ptr<IoCounter>> counters_;
};

std::vector<std::string> paths_of(const Targets& all) {
  std::vector<std::string> paths;
  for (const Target& target : all.targets) paths.push_back(target.path);
  return paths;
}

void say_passed_over(Host& host, const std::vector<std::string>& paths, bool verbose) {
  if (paths.empty()) return;
  if (verbose) {
    for (const std::string& path : paths) say(host, path + ": passed over, no image");
  }
  say(host, fmt::format("{} {} in folders {} no image and {} passed over (--strict makes that an "
                        "error{})",
                        paths.size(), paths.size() == 1 ? "file" : "files",
                        paths.size() == 1 ? "is" : "are", paths.size() == 1 ? "was" : "were",
                        verbose ? "" : ", -v names them"));
}

}  // namespace

report::Report run_targets(Host& host, report::Command command, const target::Options* judged,
                           const TargetFlags& flags, Output& output, const RunOnTarget& run,
                           const std::function<void(const std::vector<Target>& all)>& before) {
  report::Report report;
  report.command = command;
  report.head = own_head(host);
  if (judged != nullptr) report::set_policy(*judged->policy, judged->today, report);
  if (host.parent_folders) *host.parent_folders = flags.parent_dirs;
  Targets all = expand_targets(host, flags);
  const std::vector<std::string> paths = paths_of(all);
  for (const std::string& text : flags.targets) {
    if (text.starts_with('@')) output.add_input(text.substr(1));
  }
  output.guard(paths);
  const std::size_t count = all.targets.size();
  if (before) before(all.targets);
  Progress progress(host, count);
  Counters counters(host.interrupted);
  const bool patch = command == report::Command::patch;
  Turns turns(host, patch ? all.targets : std::vector<Target>());
  OrderedWork<Outcome>::Steps steps;
  steps.stop = [&] {
    return !all.interrupted.empty() || (host.interrupted != nullptr && host.interrupted());
  };
  if (progress.enabled()) {
    steps.waiting = [&](std::size_t next) {
      progress.show(next, paths[next], counters.long_read(next));
    };
  }
  steps.work = [&](std::size_t index) {
    return in_turn(turns, index, [&] {
      return run_on(host, command, flags, all.targets[index], run, *counters.of(index));
    });
  };
  std::size_t cut_short = 0;
  const auto take = [&](report::TargetReport target) {
    output.target_done(target);
    report::count(target, report);
    if (output.needs_targets()) report.targets.push_back(std::move(target));
  };
  steps.done = [&](std::size_t index, Outcome outcome) {
    counters.forget(index);
    progress.clear();
    if (outcome.passed_over) {
      all.passed_over.push_back(outcome.target.path);
      return;
    }
    if (!output.tells_reasons()) say_errors(host, outcome.target);
    if (flags.verbose) {
      say(host, fmt::format("{}: {} reads, {} bytes", outcome.target.path, outcome.read.reads,
                            outcome.read.bytes));
    }
    if (outcome.target.interrupted) ++cut_short;
    take(std::move(outcome.target));
  };
  const std::size_t done = OrderedWork<Outcome>::run(
      count, flags.jobs == 0 ? host.cores : static_cast<unsigned>(flags.jobs), steps);
  progress.clear();
  for (std::size_t i = done; i < count; ++i) take(not_begun(paths[i]));
  report.summary.passed_over = all.passed_over.size();
  say_passed_over(host, all.passed_over, flags.verbose);
  if (!all.interrupted.empty()) say(host, "interrupted: " + all.interrupted);
  report.interrupted = !all.interrupted.empty() || cut_short > 0 || done < count;
  if (report.interrupted) {
    say(host, fmt::format("interrupted: {} of {} targets done, {} cut short, {} not begun",
                          done - cut_short, count, cut_short, count - done));
  }
  return report;
}

}  // namespace goldhive::cli
