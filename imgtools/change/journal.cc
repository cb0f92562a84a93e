// The order of writes
//
//   1. lock      every target, without waiting; no hot journal may concern any of them
//   2. check     room for the journal and the growth, a place for the undo file
//   3. sync      the targets: what we call the old state must itself survive a power cut
//   4. journal   mark files that have other names (link_marks.h)
//                write  X.goldhive-journal.new         sync it
//                rename to X.goldhive-journal          sync the folder      <- hot from here on
//   5. change    mark such files as mixed; grow the files; then for each phase: write its edits,
//                sync the files it touched
//   6. verify    read all of it back; then the caller's own check (a rescan); mark them as whole
//   7. commit    rename X.goldhive-journal to the undo file, or remove it   <- the new state counts
//                sync both folders; take the marks away
//
//            1,2,3    4: .new     rename       5: targets    6        7: rename
//   journal  -------- ~~~~~~~~~~~ [===================== hot =======] [== undo file ==>
//   targets  old ................ old ....... old/new mixed .. new .. new ............
//   a crash  old      old, .new   old         old, rolled back        new
//   leaves            is rubbish
//
// Why it holds:
//
//   - A file under the journal's final name is whole, since it was synced under another name first.
//     So there are no torn journals, only leftovers called ".new" whose targets were not touched,
//     and a journal that does not decode was damaged later: an error, never a reason to go on.
//   - Until step 5 the targets have their old bytes. From step 5 to 7 the journal is hot: a reader
//     lays the old bytes over the targets (read_through.h), a writer rolls back first. Rolling back
//     writes old bytes, which does no harm where they already are, so it can itself be cut off.
//   - A cut-off write leaves any mixture of old and new bytes, not only whole sectors; in a block
//     that the disk was writing, perhaps rubbish. Old bytes are kept in whole blocks of 4096.
//   - Step 7 is one rename (or removal), for all targets of the transaction at once: that is why
//     several hives share one journal, and must share a folder. If the undo file belongs on another
//     file system, it is copied there and synced first, and the removal of the journal counts.
//   - A process that is killed but not the machine leaves its writes in the page cache, unsynced.
//     recover() therefore syncs what it finds in the old state, too, before the journal goes; and
//     the folder before it writes a byte, since the journal's own name may not be durable yet.
//
// Whose journal is it? The identity of a target is its content: its size lies between the old and
// the new one, and every byte of every touched block is the old byte or one that the transaction
// writes there. Inode numbers and times would break when an image is copied together with its
// journal, which must work. Anything else is refused, for rolling back would mix two files.
#include "imgtools/change/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/change/cut_off.h"
#include "imgtools/change/hive_targets.h"
#include "imgtools/change/hot_journal.h"
#include "imgtools/change/own_names.h"
#include "imgtools/host/path.h"
#include "imgtools/host/storage_steps.h"

namespace goldhive {

namespace {

using Writes = std::vector<const Write*>;  // in the order of writing

/// SHA-256 of what will stand between the old and the new end: zeros and what is written over them.
Digest growth_digest(const Writes& writes, std::uint64_t old_size, std::uint64_t new_size) {
  constexpr std::uint64_t piece = 256 * 1024;
  Writes beyond;
  for (const Write* write : writes) {
    if (write->offset + write->data.size() > old_size) beyond.push_back(write);
  }
  Sha256 hash;
  Bytes buffer;
  for (std::uint64_t at = old_size; at < new_size; at += buffer.size()) {
    buffer.assign(static_cast<std::size_t>(std::min(piece, new_size - at)), 0);
    for (const Write* write : beyond) {
      const auto& [offset, bytes] = *write;
      const std::uint64_t from = std::max(offset, at);
      const std::uint64_t to = std::min(offset + bytes.size(), at + buffer.size());
      if (from >= to) continue;
      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(from - offset), to - from,
                  buffer.begin() + static_cast<std::ptrdiff_t>(from - at));
    }
    hash.add(buffer);
  }
  return hash.finish();
}

/// Error(refused) if a folder's journal concerns a file that is neither among the `opened` ones nor
/// a log of one of them.
void require_opened(const HotJournal& hot, const std::vector<std::string>& opened) {
  if (!hot.of_folder) return;
  for (const std::string& name : hot.names) {
    const bool is_opened = std::any_of(opened.begin(), opened.end(), [&](const std::string& file) {
      return parent_of(file) == hot.folder &&
             (comparable(name) == comparable(base_name(file)) || is_log_of(name, base_name(file)));
    });
    if (is_opened) continue;
    throw Error(ErrorKind::refused,
                fmt::format("is about {} as well, which is no file of this target: run goldhive "
                            "recover on the folder",
                            name),
                hot.path);
  }
}

}  // namespace

std::vector<const Write*> ChangeInPlace::File::writes() const {
  Writes result;
  for (const HostEdit* edit : edits) result.push_back(&edit->write);
  return result;
}

std::vector<std::string> ChangeInPlace::names() const {
  std::vector<std::string> result;
  for (const File& file : files) result.push_back(file.name);
  return result;
}

ChangeInPlace change_in_one_folder(const JournalPlace& place, HostChange& change) {
  std::stable_sort(change.edits.begin(), change.edits.end(),
                   [](const HostEdit& a, const HostEdit& b) { return a.phase < b.phase; });
  ChangeInPlace result;
  const auto file_at = [&](const std::string& path) -> ChangeInPlace::File& {
    const std::string file = changed_file(place, path);
    if (result.files.empty()) result.folder = parent_of(file);
    if (parent_of(file) != result.folder) {
      throw Error(ErrorKind::refused,
                  fmt::format("lies in another folder than {}: files in several folders cannot be "
                              "changed as one",
                              join_path(result.folder, result.files.front().name)),
                  file);
    }
    const std::string name = base_name(file);
    for (ChangeInPlace::File& one : result.files) {
      if (one.name == name) return one;
    }
    result.files.push_back({name, {}, std::nullopt});
    return result.files.back();
  };
  for (const HostEdit& edit : change.edits) file_at(edit.path).edits.push_back(&edit);
  for (const auto& [path, size] : change.sizes) file_at(path).new_size = size;
  if (result.files.empty()) throw Error(ErrorKind::usage, "nothing to change");
  std::sort(
      result.files.begin(), result.files.end(),
      [](const ChangeInPlace::File& a, const ChangeInPlace::File& b) { return a.name < b.name; });
  return result;
}

JournalPlan plan_journal(const ReadStorage& storage, const JournalPlace& place,
                         const ChangeInPlace& change, const std::string& metadata,
                         const std::function<std::uint64_t(std::size_t index)>& size_of) {
  JournalPlan plan;
  std::uint64_t growth = 0;
  plan.folder = relative_folder(place.root, change.folder);
  plan.metadata = metadata;
  for (std::size_t i = 0; i < change.files.size(); ++i) {
    const ChangeInPlace::File& one = change.files[i];
    JournalTarget target;
    target.name = one.name;
    target.old_size = size_of(i);
    target.new_size = one.new_size.value_or(target.old_size);
    if (target.new_size < target.old_size) {
      throw Error(ErrorKind::usage,
                  "the change would make the file shorter, which a patch never does", one.name);
    }
    for (const HostEdit* edit : one.edits) {
      const auto& [offset, bytes] = edit->write;
      if (offset > target.new_size || bytes.size() > target.new_size - offset) {
        throw Error(ErrorKind::usage,
                    fmt::format("edit at {:#x} reaches beyond the new end {:#x}",
                                edit->write.offset, target.new_size),
                    one.name);
      }
    }
    growth += target.new_size - target.old_size;
    target.growth = growth_digest(one.writes(), target.old_size, target.new_size);
    plan.add_target(std::move(target), one.writes());
  }
  const std::uint64_t needed = plan.length() + growth;
  const std::uint64_t room = storage.free_space(change.folder);
  if (room < needed) {
    throw Error(ErrorKind::refused,
                fmt::format("not enough room on the file system: {} bytes needed for journal and "
                            "growth, {} free",
                            needed, room),
                change.folder.empty() ? "." : change.folder);
  }
  return plan;
}

Transaction::Transaction(Storage& storage, JournalPlace place, HostChange change,
                         const std::string& metadata)
    : storage_(storage),
      place_(std::move(place)),
      change_(std::move(change)),
      root_(hold_root(storage, place_)),
      in_place_(change_in_one_folder(place_, change_)),
      held_(storage_.hold_folder(in_place_.folder, Reach::names)) {
  const std::vector<std::string> names = in_place_.names();
  targets_ = std::make_unique<LockedTargets>(storage_, in_place_.folder, names);
  for (const std::string& name : names) {
    refuse_cut_off(storage_, join_path(in_place_.folder, name));
  }
  for (const std::string& name : names) {
    require_markable(storage_, join_path(in_place_.folder, name));
  }
  marks_ = std::make_unique<LinkMarks>(storage_, in_place_.folder, names, *targets_);
  journal_path_ = goldhive::journal_path(in_place_.folder, names);
  plan_ = plan_journal(storage_, place_, in_place_, metadata,
                       [this](std::size_t i) { return targets_->file(i).size(); });
  if (place_.keep_undo) undo_ = writable_undo_path(storage_, place_);
  for (std::size_t i = 0; i < targets_->size(); ++i) targets_->file(i).sync();
  try {
    marks_->announce(journal_path_);
    journal_ = make_hot(storage_, journal_path_, [&](WritableFile& file) {
      encode(
          plan_,
          [&](std::uint32_t target, std::uint64_t offset, std::span<std::uint8_t> out) {
            targets_->file(target).read(offset, out);
          },
          file);
    });
  } catch (...) {
    try_to([&] { marks_->clear(); });
    throw;
  }
}

Transaction::~Transaction() {
  if (journal_) try_to([&] { roll_back(); });
}

void Transaction::write_phase(int phase) {
  for (std::size_t i = 0; i < in_place_.files.size(); ++i) {
    bool touched = false;
    for (const HostEdit* edit : in_place_.files[i].edits) {
      if (edit->phase != phase || edit->write.data.empty()) continue;
      targets_->file(i).write(edit->write.offset, edit->write.data);
      touched = true;
    }
    if (touched) targets_->file(i).sync();
  }
}

void Transaction::write() {
  marks_->set(journal_path_);
  for (std::size_t i = 0; i < in_place_.files.size(); ++i) {
    const JournalTarget& target = journal_->targets()[i];
    if (target.new_size == target.old_size) continue;
    targets_->file(i).resize(target.new_size);
    targets_->file(i).sync();
  }
  std::set<int> phases;
  for (const HostEdit& edit : change_.edits) phases.insert(edit.phase);
  for (const int phase : phases) write_phase(phase);
  if (!compare_all(*journal_, *targets_).is_new) {
    throw Error(ErrorKind::io, "the files hold other bytes than were written to them",
                journal_path_);
  }
}

std::string Transaction::commit() {
  marks_->set_whole(journal_path_);
  std::string undo_file;
  bool moved = false;
  if (!undo_.path.empty()) {
    undo_file = next_undo_file(storage_, place_, undo_.path);
    try {
      storage_.rename_new(journal_path_, undo_file);
      moved = true;
    } catch (const Error&) {
      copy_durably(storage_, *journal_, undo_file);  // another file system
    }
  }
  try {
    if (!moved) storage_.remove(journal_path_);
  } catch (const Error&) {
    if (!undo_file.empty()) try_to([&] { storage_.remove(undo_file); });
    throw;
  }
  journal_.reset();  // from here on the new state counts
  try {
    storage_.sync_directory(in_place_.folder);
    if (moved) storage_.sync_directory(parent_of(undo_file));
    marks_->clear();
  } catch (const Error& e) {
    throw Error(ErrorKind::io,
                fmt::format("the patch is in place, but whether it survives a power cut is not "
                            "sure: {}",
                            e.what()));
  }
  return undo_file;
}

void Transaction::roll_back() {
  if (!journal_) return;
  marks_->try_to_set(journal_path_);
  restore(*journal_, *targets_);
  marks_->set_whole(journal_path_);
  storage_.remove(journal_path_);
  journal_.reset();
  storage_.sync_directory(in_place_.folder);
  marks_->clear();
}

void require_possible_in_place(const ReadStorage& storage, const JournalPlace& place,
                               HostChange change, const std::string& metadata) {
  const ChangeInPlace in_place = change_in_one_folder(place, change);
  const auto path_of = [&](std::size_t i) {
    return join_path(in_place.folder, in_place.files[i].name);
  };
  for (std::size_t i = 0; i < in_place.files.size(); ++i) {
    require_lockable(storage, path_of(i));
    require_markable(storage, path_of(i));
  }
  plan_journal(storage, place, in_place, metadata, [&](std::size_t i) {
    const std::optional<FileInfo> info = storage.stat(path_of(i));
    if (!info) throw Error(ErrorKind::not_found, "no such file", path_of(i));
    return info->size;
  });
  if (place.keep_undo) likely_undo_path(storage, place);
  const std::string journal = journal_path(in_place.folder, in_place.names());
  if (const auto error = storage.write_refusal(unfinished(journal))) throw Error(*error);
}

std::string change_in_place(Storage& storage, const JournalPlace& place, HostChange change,
                            const std::string& metadata, const Verify& verify) {
  Transaction transaction(storage, place, std::move(change), metadata);
  try {
    transaction.write();
    if (verify) verify(storage);
    return transaction.commit();
  } catch (const Error& reason) {
    try {
      transaction.roll_back();
    } catch (const Error& failure) {
      throw Error(ErrorKind::io,
                  fmt::format("{}; rolling back failed, too ({}): the journal stays, run goldhive "
                              "recover",
                              reason.what(), failure.what()),
                  transaction.journal());
    }
    throw;
  }
}

std::optional<std::string> recover_journal(Storage& storage, const std::string& file, bool force,
                                           const std::vector<std::string>& opened) {
  const std::string folder = parent_of(file);
  remove_unfinished(storage, unfinished(journal_path(folder, {base_name(file)})));
  remove_unfinished(storage, unfinished(journal_path(folder, {})));
  std::optional<HotJournal> hot = find_hot_journal_of(storage, file);
  if (!hot) {
    clear_stale_mark(storage, file);
    return std::nullopt;
  }
  require_opened(*hot, opened);
  LockedTargets targets(storage, hot->folder, hot->names);
  const std::vector<std::string> locked = hot->names;
  hot = find_hot_journal_of(storage, file);  // its writer may have finished while we had no lock
  if (!hot) return std::nullopt;
  if (hot->names != locked) {
    throw Error(ErrorKind::refused,
                "was made by another patch just now: run goldhive recover again", hot->path);
  }
  if (hot->of_folder && !hot->vouched_for) {
    for (std::size_t i = 0; i < targets.size(); ++i) {
      require_hive(view_of(targets.file(i)), hot->path, hot->names[i]);
    }
  }
  const TargetState state = compare_all(hot->journal, targets);
  if (!state.foreign.empty() && !force) {
    throw Error(ErrorKind::refused,
                fmt::format("does not fit the files beside it ({}): changed or replaced after the "
                            "patch was cut off; recover --force rolls back all the same",
                            state.foreign),
                hot->path);
  }
  require_lengths(hot->journal, targets);
  storage.sync_directory(hot->folder);
  LinkMarks marks(storage, hot->folder, hot->names, targets);
  marks.try_to_set(hot->path);
  restore(hot->journal, targets);
  marks.set_whole(hot->path);
  storage.remove(hot->path);
  storage.sync_directory(hot->folder);
  marks.clear();
  return hot->path;
}

}  // namespace goldhive
