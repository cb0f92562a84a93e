// The order of writes of an undo
//
//   1. lock      the targets, and see that they are exactly as the patch left them; sync them,
//                since a copy that was made a moment ago may be in memory alone. Other names that
//                one got after the patch must not change with it: it becomes a file of its own
//                first (links.h), or the undo is refused
//   2. journal   sync the undo file, rename it to X.goldhive-journal, sync the folder
//                                                                        <- hot from here on
//   3. restore   write the old bytes, sync, read back
//   4. forget    sync the undo file's folder, remove the journal, sync its folder; take away the
//                marks of files that have other names (link_marks.h)
//
// The rename takes no room, so a full disk does not stand in the way. An undo file on another file
// system is copied, as a journal is written (journal.cc), and removed in step 4. So is one that
// only the user vouches for: under the journal's name nobody would.
//
// An undo needs no journal of what it overwrites: it makes the patch's own journal hot again, and
// from then on every reader sees, and every recover() completes, the original state. A crash before
// step 2 is done leaves the patched files, after it the original ones.
#include <fmt/format.h>

#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/change/cut_off.h"
#include "imgtools/change/hive_targets.h"
#include "imgtools/change/hot_journal.h"
#include "imgtools/change/journal.h"
#include "imgtools/change/link_marks.h"
#include "imgtools/change/own_names.h"
#include "imgtools/host/path.h"
#include "imgtools/host/storage_steps.h"

namespace goldhive {

namespace {

[[noreturn]] void refuse_other_files(const std::string& undo_file) {
  throw Error(ErrorKind::refused, "names other files than the target: not believed", undo_file);
}

/// Makes the undo file itself the hot journal, which takes no room. False where it must be copied.
bool make_hot_by_name(Storage& storage, const std::string& undo_file, const std::string& hot_path) {
  try {
    // It may be an unsynced copy that somebody made of it.
    storage.open_write(undo_file)->sync();
    storage.rename_new(undo_file, hot_path);
  } catch (const Error&) {
    return false;
  }
  return true;
}

/// Makes a copy of the undo file the hot journal.
void make_hot_copy(Storage& storage, const Journal& journal, const std::string& hot_path) {
  const std::string folder = parent_of(hot_path);
  const std::uint64_t needed = journal.source().size();
  const std::uint64_t room = storage.free_space(folder);
  if (room < needed) {
    throw Error(ErrorKind::refused,
                fmt::format("not enough room on the file system: {} bytes needed for the journal, "
                            "{} free",
                            needed, room),
                folder.empty() ? "." : folder);
  }
  make_hot(storage, hot_path, [&](WritableFile& file) { fill_from(journal.source(), file); });
}

/// Puts the old bytes back, by a journal at `hot_path`, which stays. True if it is the undo file
/// itself, under another name; `by_name` allows that.
bool put_back(Storage& storage, const Journal& journal, LockedTargets& targets, LinkMarks& marks,
              const std::string& hot_path, bool by_name) {
  require_lengths(journal, targets);
  for (std::size_t i = 0; i < targets.size(); ++i) targets.file(i).sync();
  try_to([&] { marks.announce(hot_path); });
  bool moved = false;
  try {
    moved = by_name && make_hot_by_name(storage, journal.source().name(), hot_path);
    if (!moved) make_hot_copy(storage, journal, hot_path);
  } catch (...) {
    try_to([&] { marks.clear(); });
    throw;
  }
  try {
    if (moved) storage.sync_directory(parent_of(hot_path));
    marks.try_to_set(hot_path);
    restore(journal, targets);
    marks.set_whole(hot_path);
  } catch (const Error& e) {
    throw Error(ErrorKind::io, fmt::format("{}: the journal stays, run goldhive recover", e.what()),
                hot_path);
  }
  return moved;
}

/// Removes the undo file, then the journal; either may be "" where there is none.
void forget(Storage& storage, const std::string& undo_file, const std::string& undo_folder,
            const std::string& hot_path) {
  std::optional<Error> kept;
  try {
    if (!undo_file.empty()) storage.remove(undo_file);
    storage.sync_directory(undo_folder);
  } catch (const Error& e) {
    kept = e;
  }
  if (!hot_path.empty()) {
    storage.remove(hot_path);
    storage.sync_directory(parent_of(hot_path));
  }
  if (kept) {
    throw Error(ErrorKind::io,
                fmt::format("the patch is taken back, but its undo file could not be removed: {}",
                            kept->what()));
  }
}

}  // namespace

/// The hives of a tree and their logs, or the one file that was the target; if that is a dirty
/// hive, its logs, too.
std::vector<std::string> undo_targets(const ReadStorage& storage, const JournalPlace& place,
                                      const Journal& journal, bool vouched_for) {
  const std::string& undo_file = journal.source().name();
  const std::string folder = folder_below(storage, place.root, journal.folder());
  const std::vector<std::string> names = target_names(journal);
  const bool is_lone = !place.file.empty();
  if (is_lone && !journal.folder().empty()) refuse_other_files(undo_file);
  if (is_lone && names.size() == 1) {  // it may have been renamed since
    const bool inside = is_disk_inside(names.front());
    return {join_path(folder, inside ? disk_inside(place.file) : place.file)};
  }
  std::vector<std::string> files;
  for (const std::string& name : names) {
    if (is_lone && name != place.file && !is_log_of(name, place.file)) {
      refuse_other_files(undo_file);
    }
    admit_hive(storage, undo_file, folder, name, names, vouched_for);
    files.push_back(join_path(folder, name));
  }
  return files;
}

void copy_durably(Storage& storage, const Journal& journal, const std::string& path) {
  const std::string fresh = unfinished(path);
  remove_unfinished(storage, fresh);
  write_whole_file(storage,
                   {path, fresh, [&](WritableFile& file) { fill_from(journal.source(), file); },
                    [&] { Journal::decode(storage.open(fresh), {}); }});
}

Journal decode_undo_journal(const ReadStorage& storage, const JournalPlace& place, OwnFile file) {
  return Journal::decode(std::move(file.content), [&](const Journal& begun) {
    std::uint64_t bytes = 0;
    for (const std::string& path : undo_targets(storage, place, begun, file.vouched_for)) {
      const std::optional<FileInfo> info = storage.stat(path);
      if (info) bytes += info->size;
    }
    return bytes;
  });
}

namespace {

/// Those of the files whose other names an undo must not change. Error(refused) if the user has
/// not said what is to become of them.
std::vector<std::string> files_to_separate(const ReadStorage& storage,
                                           const std::vector<std::string>& files,
                                           const UndoLinks& links) {
  std::vector<std::string> separate;
  for (const std::string& file : files) {
    const std::uint64_t others = other_names(storage, file);
    if (others <= links.known || links.how == Links::change_all) continue;
    if (links.how == Links::refuse) refuse_undo_of_names(file, others);
    separate.push_back(file);
  }
  return separate;
}

/// False if files were separated from their other names: then it is to be done again, with the
/// files that these names stand for now.
bool undo_once(Storage& storage, const JournalPlace& place, const Journal& journal,
               bool vouched_for, bool force, const UndoLinks& links, UndoResult& result) {
  const std::string& undo_file = journal.source().name();
  const std::string folder = parent_of(result.targets.front());
  const std::unique_ptr<HeldFolder> held = storage.hold_folder(folder, Reach::names);
  std::vector<std::string> names;
  for (const std::string& target : result.targets) names.push_back(base_name(target));
  LockedTargets targets(storage, folder, names);
  if (!storage.stat(undo_file)) {
    throw Error(ErrorKind::refused, "was taken back by another goldhive just now", undo_file);
  }
  for (const std::string& target : result.targets) refuse_cut_off(storage, target);
  if ((place.file.empty() || names.size() > 1) && !vouched_for) {
    for (std::size_t i = 0; i < targets.size(); ++i) {
      require_hive(view_of(targets.file(i)), undo_file, names[i]);
    }
  }
  const TargetState state = compare_all(journal, targets);
  result.changed = !state.is_old;
  if (!state.is_old && !state.is_new && !force) {
    throw Error(ErrorKind::refused,
                fmt::format("does not fit: {} changed since that patch ({}); undo --force puts "
                            "the old bytes back all the same",
                            place.file.empty() ? "a hive was" : "the file was",
                            state.foreign.empty() ? "it has some of the old bytes and some of the "
                                                    "new ones"
                                                  : state.foreign),
                undo_file);
  }

  if (result.changed) {
    const std::vector<std::string> files = files_to_separate(storage, result.targets, links);
    for (const std::string& one : files) break_links(storage, one);
    result.separated.insert(result.separated.end(), files.begin(), files.end());
    if (!files.empty()) return false;
  }
  const std::string hot_path = result.changed ? journal_path(folder, names) : "";
  LinkMarks marks(storage, folder, names, targets);
  const bool moved =
      result.changed && put_back(storage, journal, targets, marks, hot_path, !vouched_for);
  forget(storage, moved ? "" : undo_file, parent_of(undo_file), hot_path);
  marks.clear();
  return true;
}

}  // namespace

void require_journal_undo(const ReadStorage& storage, const JournalPlace& place, OwnFile file,
                          const UndoLinks& links) {
  const bool vouched_for = file.vouched_for;
  const Journal journal = decode_undo_journal(storage, place, std::move(file));
  const std::vector<std::string> targets = undo_targets(storage, place, journal, vouched_for);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    require_lockable(storage, without_disk_inside(targets[i]));
    refuse_cut_off(storage, targets[i]);
    require_length(journal.targets()[i], storage.open(targets[i])->size());
  }
  files_to_separate(storage, targets, links);
}

UndoResult undo_journal(Storage& storage, const JournalPlace& place, OwnFile file, bool force,
                        const UndoLinks& links) {
  const bool vouched_for = file.vouched_for;
  const Journal journal = decode_undo_journal(storage, place, std::move(file));
  UndoResult result;
  result.metadata = journal.metadata();
  result.targets = undo_targets(storage, place, journal, vouched_for);
  while (!undo_once(storage, place, journal, vouched_for, force, links, result)) continue;
  return result;
}

}  // namespace goldhive
