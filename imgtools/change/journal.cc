// The order of writes
//
//   1. lock      every target, without waiting; no hot journal may concern any of them
//   2. check     room for the journal and the growth, a place for the undo file
//   3. sync      the targets: what we call the old state must itself survive a power cut
//   4. journal   write  X.goldhive-journal.new         sync it
//                rename to X.goldhive-journal          sync the folder      <- hot from here on
//   5. change    grow the files; then for each phase: write its edits, sync the files it touched
//   6. verify    read all of it back; then the caller's own check (a rescan)
//   7. commit    rename X.goldhive-journal to the undo file, or remove it   <- the new state counts
//                sync both folders
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
             (name == base_name(file) || is_log_of(name, base_name(file)));
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

struct Transaction::Group {
  std::string name;
  std::vector<const HostEdit*> edits;  // in the order of writing: by phase, then as given
  std::optional<std::uint64_t> new_size;

  Writes writes() const {
    Writes result;
    for (const HostEdit* edit : edits) result.push_back(&edit->write);
    return result;
  }
};

Transaction::Transaction(Storage& storage, JournalPlace place, HostChange change,
                         const std::string& metadata)
    : storage_(storage),
      place_(std::move(place)),
      change_(std::move(change)),
      root_(hold_root(storage, place_)) {
  std::stable_sort(change_.edits.begin(), change_.edits.end(),
                   [](const HostEdit& a, const HostEdit& b) { return a.phase < b.phase; });
  group(change_);
  held_ = storage_.hold_folder(folder_, Reach::names);
  std::vector<std::string> names;
  for (const Group& one : groups_) names.push_back(one.name);
  targets_ = std::make_unique<LockedTargets>(storage_, folder_, names);
  for (const std::string& name : names) {
    refuse_cut_off(storage_, join_path(folder_, name));
  }
  journal_path_ = goldhive::journal_path(folder_, names);
  plan(metadata);
  for (std::size_t i = 0; i < targets_->size(); ++i) targets_->file(i).sync();
  journal_ = make_hot(storage_, journal_path_, [&](WritableFile& file) {
    encode(
        plan_,
        [&](std::uint32_t target, std::uint64_t offset, std::span<std::uint8_t> out) {
          targets_->file(target).read(offset, out);
        },
        file);
  });
}

Transaction::~Transaction() {
  if (journal_) try_to([&] { roll_back(); });
}

void Transaction::group(const HostChange& change) {
  const auto group_of = [&](const std::string& path) -> Group& {
    const std::string file = changed_file(place_, path);
    if (groups_.empty()) folder_ = parent_of(file);
    if (parent_of(file) != folder_) {
      throw Error(ErrorKind::refused,
                  fmt::format("lies in another folder than {}: files in several folders cannot be "
                              "changed as one",
                              join_path(folder_, groups_.front().name)),
                  file);
    }
    const std::string name = base_name(file);
    for (Group& one : groups_) {
      if (one.name == name) return one;
    }
    groups_.push_back({name, {}, std::nullopt});
    return groups_.back();
  };
  for (const HostEdit& edit : change.edits) group_of(edit.path).edits.push_back(&edit);
  for (const auto& [path, size] : change.sizes) group_of(path).new_size = size;
  if (groups_.empty()) throw Error(ErrorKind::usage, "nothing to change");
  std::sort(groups_.begin(), groups_.end(),
            [](const Group& a, const Group& b) { return a.name < b.name; });
}

void Transaction::plan(const std::string& metadata) {
  std::uint64_t growth = 0;
  plan_.folder = relative_folder(place_.root, folder_);
  plan_.metadata = metadata;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const Group& one = groups_[i];
    JournalTarget target;
    target.name = one.name;
    target.old_size = targets_->file(i).size();
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
    plan_.add_target(std::move(target), one.writes());
  }
  const std::uint64_t needed = plan_.length() + growth;
  const std::uint64_t room = storage_.free_space(folder_);
  if (room < needed) {
    throw Error(ErrorKind::refused,
                fmt::format("not enough room on the file system: {} bytes needed for journal and "
                            "growth, {} free",
                            needed, room),
                folder_.empty() ? "." : folder_);
  }
  if (place_.keep_undo) undo_ = writable_undo_path(storage_, place_);
}

void Transaction::write_phase(int phase) {
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    bool touched = false;
    for (const HostEdit* edit : groups_[i].edits) {
      if (edit->phase != phase || edit->write.data.empty()) continue;
      targets_->file(i).write(edit->write.offset, edit->write.data);
      touched = true;
    }
    if (touched) targets_->file(i).sync();
  }
}

void Transaction::write() {
  for (std::size_t i = 0; i < groups_.size(); ++i) {
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
  std::string undo_file;
  bool moved = false;
  if (!undo_.path.empty()) {
    undo_file = next_undo_file(storage_, undo_.path);
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
    storage_.sync_directory(folder_);
    if (moved) storage_.sync_directory(parent_of(undo_file));
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
  restore(*journal_, *targets_);
  storage_.remove(journal_path_);
  journal_.reset();
  storage_.sync_directory(folder_);
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
  remove_leftover(storage, journal_path(folder, {base_name(file)}));
  remove_leftover(storage, journal_path(folder, {}));
  std::optional<HotJournal> hot = find_hot_journal_of(storage, file);
  if (!hot) return std::nullopt;
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
  require_old_length(hot->journal, targets);
  storage.sync_directory(hot->folder);
  restore(hot->journal, targets);
  storage.remove(hot->path);
  storage.sync_directory(hot->folder);
  return hot->path;
}

}  // namespace goldhive
