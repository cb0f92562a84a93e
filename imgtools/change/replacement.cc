// The order of writes
//
//   1. lock      the file, without waiting; no journal and no record may concern it
//   2. check     room for the new file, a place for the undo file, an owner that can be kept
//   3. keep      the old file under a second name, X.goldhive-old; sync the folder
//   4. write     X.goldhive-new, with the old file's owner, mode and attributes; sync it; read it
//                back; then the caller's own check (a rescan of it)
//   5. record    write X.goldhive-replacing.new, sync it, rename it to X.goldhive-replacing, sync
//                the folder                                             <- hot from here on
//   6. replace   rename X.goldhive-new to X, sync the folder
//   7. undo      write the record as X.goldhive-replacing.new, too, sync it and the folder; keep
//                X.goldhive-old as <undo file>.original
//   8. commit    rename X.goldhive-replacing to the undo file, or remove it  <- the new file counts
//                sync the folders, remove X.goldhive-old, sync, remove X.goldhive-replacing.new
//
//                 1 to 4       5: record     6: rename     7     8: rename
//   record        ------------ [============ hot ===============][== undo file ==>
//   X             old ........ old ......... new ................ new .............
//   X.g-old       ... old ....................................... removed
//   a crash       old, rest is old           old, renamed back    new, X.g-old is
//   leaves        rubbish                                         rubbish
//
// Why it holds:
//
//   - X is one whole file or the other at any time: the switch is one rename, and the new file was
//     synced and read back under its other name before.
//   - While the record is hot, X.goldhive-old is there, under a durable name: readers are given it
//     (read_through.h), and rolling back is one more rename. If it is not there, rolling back got
//     that far already, and X is the old file.
//   - The new file is locked from its creation on, the old one from step 1: nobody gets hold of X
//     between 6 and 8. A process that recovers X must lock it first.
//   - Nothing is removed that is not known to be a leftover: X.goldhive-old only if it is X, has
//     its bytes, or those that X.goldhive-replacing.new records; X.goldhive-new only if one of
//     these two is there, or if it holds nothing but bytes of X (links.h makes such copies). So it
//     goes first, and the record, which a crash after step 8 leaves, last.
//   - The old file is never written, only kept, which mostly costs no copy. A file whose only name
//     is X gets a second one: once X is the new file, nobody comes to the old one by a name that is
//     not ours, and it is the very file, times and all, that undo puts back. Of a file with more
//     names, whoever uses those would write into what undo needs: it is kept as a reflink where the
//     file system has them, else as a copy. So is one that cannot have a second name. The room for
//     a copy is asked for before it is made.
#include "imgtools/change/replacement.h"

#include <fmt/format.h>

#include "imgtools/bytes/digest.h"
#include "imgtools/bytes/error.h"
#include "imgtools/change/cut_off.h"
#include "imgtools/change/links.h"
#include "imgtools/change/locked_targets.h"
#include "imgtools/change/own_files.h"
#include "imgtools/change/own_names.h"
#include "imgtools/change/replacement_record.h"
#include "imgtools/host/path.h"
#include "imgtools/host/storage_steps.h"

namespace goldhive {

namespace {

void require_room(const ReadStorage& storage, const std::string& folder, std::uint64_t needed,
                  const char* what) {
  const std::uint64_t room = storage.free_space(folder);
  if (room >= needed) return;
  throw Error(
      ErrorKind::refused,
      fmt::format("not enough room on the file system for {}: up to {} bytes needed, {} free", what,
                  needed, room),
      folder.empty() ? "." : folder);
}

/// On another file system than the file, where it is a copy that keeps it.
bool lies_elsewhere(const ReadStorage& storage, const std::string& path, const std::string& file) {
  if (path.empty()) return false;
  const auto device_of = [&](const std::string& one) {
    const std::string folder = parent_of(one);
    const std::optional<FileInfo> info = storage.stat(folder.empty() ? "." : folder);
    return info ? info->device : 0;
  };
  return device_of(path) != device_of(file);
}

/// Makes an empty file at `fresh`, with the owner and attributes of `old`, and removes it. Whoever
/// may not do that may not take the place of `old` either; in a folder where each may remove his
/// own files alone he could not even take away a second name that he gave it.
void require_owner_kept(Storage& storage, const std::string& fresh, const ByteSource& old) {
  const std::unique_ptr<WritableFile> file = storage.create(fresh);
  try {
    file->copy_attributes(old);
  } catch (...) {
    try_to([&] { storage.remove(fresh); });
    throw;
  }
  storage.remove(fresh);
}

/// Gives the open file `from` the name `to`, too. False where that is not possible.
bool link_open_file(Storage& storage, const OwnFile& from, const std::string& to) {
  const std::string& name = from.content->name();
  if (!storage.link(name, to)) return false;
  const std::optional<OwnFile> linked = storage.open_own(to, name);
  if (linked && is_same_file(linked->info, from.info)) return true;
  storage.remove(to);
  throw Error(ErrorKind::refused, "was replaced by another process", name);
}

/// Keeps the content of the open file `from` as `to`, where nothing may be: as the same file, as a
/// reflink, or as a durable copy. `beside` bytes must have room with a copy.
void keep(Storage& storage, const OwnFile& from, const std::string& to, std::uint64_t beside = 0) {
  if (from.info.links <= 1 && link_open_file(storage, from, to)) return;
  const std::string fresh = unfinished(to);
  remove_unfinished(storage, fresh, from.content->name());
  write_whole_file(storage, {to, fresh, [&](WritableFile& file) {
                               if (!file.clone(*from.content)) {
                                 require_room(storage, parent_of(to), from.info.size + beside,
                                              "a copy of the old file");
                                 fill_from(*from.content, file);
                               }
                               file.copy_attributes(*from.content);
                             }});
}

void write_durably(Storage& storage, const std::string& path, const Bytes& bytes) {
  const std::string fresh = unfinished(path);
  remove_unfinished(storage, fresh);
  write_whole_file(storage, {path, fresh, [&](WritableFile& file) { file.write(0, bytes); }});
}

/// The old file's storage with the new file in its place: what the caller's check looks through.
class AsReplaced final : public ReadStorage {
 public:
  AsReplaced(const ReadStorage& base, std::string given, std::string file, std::string fresh)
      : base_(base), given_(std::move(given)), file_(std::move(file)), fresh_(std::move(fresh)) {}

  std::optional<FileInfo> stat(const std::string& path) const override {
    return base_.stat(now(path));
  }
  std::vector<DirectoryEntry> list(const std::string& directory) const override {
    return base_.list(directory);
  }
  std::unique_ptr<ByteSource> open(const std::string& path) const override {
    const std::shared_ptr<const ByteSource> file = base_.open(now(path));
    return std::make_unique<SliceSource>(file, 0, file->size(), path);  // messages name `path`
  }
  std::optional<std::string> read_link(const std::string& path) const override {
    return base_.read_link(path);
  }
  std::optional<OwnFile> open_own(const std::string& path,
                                  const std::string& target) const override {
    return base_.open_own(now(path), now(target));
  }

 private:
  const std::string& now(const std::string& path) const {
    return path == given_ || path == file_ ? fresh_ : path;
  }

  const ReadStorage& base_;
  std::string given_, file_, fresh_;
};

/// Writes the record beside its own name, durably: as long as it is there, X.goldhive-old is known
/// for a leftover by its digest, whatever X holds.
void write_proof(Storage& storage, const ReplacementNames& names, const ReplacementRecord& record) {
  const std::string path = unfinished(names.record);
  remove_unfinished(storage, path);
  const std::unique_ptr<WritableFile> file = storage.create(path);
  file->write(0, encode(record));
  file->sync();
  storage.sync_directory(parent_of(path));
}

/// True if the file at names.old is the old file of a replacement that is over, or of an undo: the
/// target itself, the same bytes, or what a record says; that of `known`, or the one beside it.
bool is_old_file(const ReadStorage& storage, const ReplacementNames& names, const std::string& file,
                 const ReplacementRecord* known) {
  try {
    if (is_same_as(storage, names.old, file)) return true;
    const auto old = open_own_file(storage, names.old, file, OwnKind::original);
    if (!old) return false;
    if (known != nullptr && is_original(*known, *old->content)) return true;
    const auto proof = open_own_file(storage, unfinished(names.record), file, OwnKind::written);
    return proof && is_original(decode_replacement(*proof->content), *old->content);
  } catch (const Error&) {  // what is not to be believed, or cannot be read, proves nothing
    return false;
  }
}

/// True of a file that a replacement, or a break of links, was making when it was cut off.
bool is_begun(const ReadStorage& storage, const ReplacementNames& names, const std::string& path,
              const std::string& file, const ReplacementRecord* known) {
  const std::string proof = unfinished(names.record);
  try {
    if (path != proof && known != nullptr) return true;
    if (is_unfinished_own(storage, path, path == proof ? "" : file)) return true;
    if (path == proof) return false;
    if (is_old_file(storage, names, file, nullptr)) return true;
    const auto record = open_own_file(storage, proof, file, OwnKind::written);
    return record && is_replacement_record(*record->content);
  } catch (const Error&) {
    return false;
  }
}

struct Leftovers {
  std::vector<std::string> rubbish;  ///< what a replacement left that is not hot
  std::vector<std::string> foreign;  ///< what has such a name, and is not known to be that
};

Leftovers leftovers(const ReadStorage& storage, const std::string& file,
                    const ReplacementRecord* known = nullptr) {
  const ReplacementNames names(file);
  Leftovers found;
  for (const std::string& path :
       {names.fresh, names.old, unfinished(names.old), unfinished(names.record)}) {
    const std::optional<FileInfo> info = storage.stat(path);
    const bool link = storage.read_link(path).has_value();
    if (!info && !link) continue;
    const bool ours = path == names.old ? is_old_file(storage, names, file, known)
                                        : !link && info->type == FileType::file &&
                                              is_begun(storage, names, path, file, known);
    (ours ? found.rubbish : found.foreign).push_back(path);
  }
  return found;
}

/// The folder is synced first: that the record is gone must be durable before the old file is. What
/// proves another one to be ours goes after it. What stays is returned.
std::vector<std::string> remove_leftovers(Storage& storage, const std::string& file,
                                          const ReplacementRecord* known = nullptr) {
  const Leftovers found = leftovers(storage, file, known);
  if (found.rubbish.empty()) return found.foreign;
  const std::string proof = unfinished(ReplacementNames(file).record);
  const std::string old = ReplacementNames(file).old;
  storage.sync_directory(parent_of(file));
  for (const std::string& path : found.rubbish) {
    if (path == proof || path == old) storage.sync_directory(parent_of(file));
    storage.remove(path);
  }
  storage.sync_directory(parent_of(file));
  return found.foreign;
}

void refuse_foreign(const std::vector<std::string>& foreign) {
  if (foreign.empty()) return;
  throw Error(ErrorKind::refused,
              "has a name that goldhive gives while it replaces a file, and is none of its own: it "
              "is no regular file, or not known by its bytes, or by a record beside it, to be left "
              "over; rename or remove it",
              foreign.front());
}

class Replacement {
 public:
  Replacement(Storage& storage, const JournalPlace& place, const HostRewrite& rewrite)
      : storage_(storage),
        place_(place),
        rewrite_(rewrite),
        root_(hold_root(storage, place)),
        file_(changed_file(place, rewrite.path)),
        names_(file_),
        locked_(storage, parent_of(file_), {base_name(file_)}) {}

  std::string run(const std::string& metadata, const Verify& verify) {
    refuse_cut_off(storage_, file_);
    prepare(metadata);
    require_owner_kept(storage_, names_.fresh, *old_->content);
    try {
      keep(storage_, *old_, names_.old, rewrite_.size_limit);
      storage_.sync_directory(parent_of(file_));
      require_room(storage_, parent_of(file_), rewrite_.size_limit, "a new file");
      write();
      if (verify) verify(AsReplaced(storage_, rewrite_.path, file_, names_.fresh));
      write_durably(storage_, names_.record, encode(record_));
    } catch (...) {
      try_to([&] { remove_leftovers(storage_, file_, &record_); });
      throw;
    }
    return replace();
  }

 private:
  void prepare(const std::string& metadata) {
    refuse_foreign(remove_leftovers(storage_, file_));
    old_ = storage_.open_own(file_, file_);
    if (!old_ || !old_->content) {
      throw Error(ErrorKind::refused, "was replaced by another process", file_);
    }
    record_.folder = relative_folder(place_.root, parent_of(file_));
    record_.name = base_name(file_);
    record_.metadata = metadata;
    record_.old_size = old_->content->size();
    record_.old_digest = sha256(*old_->content);
    if (place_.keep_undo) {
      undo_ = writable_undo_path(storage_, place_);
      remove_same_originals(storage_, undo_.path, file_);
    }
    if (lies_elsewhere(storage_, undo_.path, file_)) {
      require_room(storage_, parent_of(undo_.path), record_.old_size, "the old file");
    }
    locked_.file(0).sync();  // what we call the old state must itself survive a power cut
  }

  void write() {
    fresh_ = storage_.create(names_.fresh);
    Sha256 hash;
    std::uint64_t at = 0;
    rewrite_.write([&](std::span<const std::uint8_t> data) {
      hash.add(data);
      fresh_->write(at, data);
      at += data.size();
    });
    record_.new_size = at;
    record_.new_digest = hash.finish();
    fresh_->copy_attributes(*old_->content);
    fresh_->sync();
    if (sha256(*storage_.open(names_.fresh)) != record_.new_digest) {
      throw Error(ErrorKind::io, "the file holds other bytes than were written to it",
                  names_.fresh);
    }
  }

  std::string replace() {
    std::string undo_file;
    try {
      storage_.rename(names_.fresh, file_);
      storage_.sync_directory(parent_of(file_));
      if (!undo_.path.empty()) undo_file = next_undo_file(storage_, place_, undo_.path);
      commit(undo_file);
    } catch (const Error& reason) {
      try {
        recover_here();
        if (!undo_file.empty()) try_to([&] { remove_same_originals(storage_, undo_.path, file_); });
      } catch (const Error& failure) {
        throw Error(ErrorKind::io,
                    fmt::format("{}; taking it back failed, too ({}): run goldhive recover",
                                reason.what(), failure.what()),
                    names_.record);
      }
      throw;
    }
    try {
      storage_.sync_directory(parent_of(file_));
      if (!undo_file.empty()) storage_.sync_directory(parent_of(undo_file));
      remove_if_there(storage_, names_.old);
      storage_.sync_directory(parent_of(file_));
      remove_if_there(storage_, unfinished(names_.record));
    } catch (const Error& e) {
      throw Error(ErrorKind::io,
                  fmt::format("the patch is in place, but whether it survives a power cut is not "
                              "sure: {}",
                              e.what()));
    }
    return undo_file;
  }

  /// Ends with the one operation by which the new file counts.
  void commit(const std::string& undo_file) {
    write_proof(storage_, names_, record_);
    if (undo_file.empty()) {
      storage_.remove(names_.record);
      return;
    }
    const auto old = open_own_file(storage_, names_.old, file_, OwnKind::original);
    if (!old) throw Error(ErrorKind::refused, "was removed by another process", names_.old);
    keep(storage_, *old, original_of(undo_file));
    storage_.sync_directory(parent_of(undo_file));
    bool moved = true;
    try {
      storage_.rename_new(names_.record, undo_file);
    } catch (const Error&) {
      moved = false;
    }
    if (moved) return;
    write_durably(storage_, undo_file, encode(record_));  // another file system
    try {
      storage_.remove(names_.record);
    } catch (const Error&) {
      try_to([&] { storage_.remove(undo_file); });
      throw;
    }
  }

  void recover_here();

  Storage& storage_;
  const JournalPlace& place_;
  const HostRewrite& rewrite_;
  std::unique_ptr<HeldFolder> root_;  // as long as anything is done in it
  std::string file_;
  ReplacementNames names_;
  LockedTargets locked_;
  ReplacementRecord record_;
  std::optional<OwnFile> old_;           // the file as it was opened under the lock
  std::unique_ptr<WritableFile> fresh_;  // locked until the end
  UndoPath undo_;
};

/// Whether X.goldhive-new is the new file, which has that name until it takes the place of the old.
bool is_new_file(const ReadStorage& storage, const HotReplacement& hot) {
  const std::optional<OwnFile> file = storage.open_own(hot.names.fresh, hot.file);
  return file && file->content && file->content->size() == hot.record.new_size &&
         sha256(*file->content) == hot.record.new_digest;
}

/// Puts the old file back in its place; the record goes last. Where the new one never took that
/// place, nothing is renamed: a name that no file can be renamed to (a file that is a mount point,
/// as containers have it) would keep the record for ever.
void roll_back(Storage& storage, const HotReplacement& hot, bool force) {
  const std::string folder = parent_of(hot.file);
  if (hot.kept || !force) old_content(storage, hot);  // throws if it is another one
  const bool replaced = hot.kept && !is_original(hot.record, *storage.open(hot.file));
  if (replaced) {
    storage.sync_directory(folder);  // the record's own name may not be durable yet
    storage.rename(hot.names.old, hot.file);
  }
  if (is_new_file(storage, hot)) storage.remove(hot.names.fresh);
  remove_unfinished(storage, unfinished(hot.names.record));
  storage.sync_directory(folder);
  storage.remove(hot.names.record);
  storage.sync_directory(folder);
  remove_if_there(storage, hot.names.old);
}

void Replacement::recover_here() {
  const std::optional<HotReplacement> hot = find_hot_replacement_of(storage_, file_);
  if (hot) roll_back(storage_, *hot, false);
}

}  // namespace

void require_possible_replacement(const ReadStorage& storage, const JournalPlace& place,
                                  const HostRewrite& rewrite) {
  const std::string file = changed_file(place, rewrite.path);
  require_lockable(storage, file);
  const std::string undo = place.keep_undo ? likely_undo_path(storage, place) : "";
  if (lies_elsewhere(storage, undo, file)) {
    const std::optional<FileInfo> old = storage.stat(file);
    require_room(storage, parent_of(undo), old ? old->size : 0, "the old file");
  }
  require_room(storage, parent_of(file), rewrite.size_limit, "a new file");
  if (const auto error = storage.write_refusal(ReplacementNames(file).fresh)) throw Error(*error);
  refuse_foreign(leftovers(storage, file).foreign);
}

std::string replace_file(Storage& storage, const JournalPlace& place, const HostRewrite& rewrite,
                         const std::string& metadata, const Verify& verify) {
  return Replacement(storage, place, rewrite).run(metadata, verify);
}

std::optional<std::string> recover_replacement(Storage& storage, const std::string& file,
                                               bool force) {
  const ReplacementNames names(file);
  const bool hot = storage.stat(names.record).has_value();
  if (!hot && leftovers(storage, file).rubbish.empty()) return std::nullopt;
  std::optional<LockedTargets> locked;
  try {
    locked.emplace(storage, parent_of(file), std::vector<std::string>{base_name(file)});
  } catch (const Error& e) {
    if (hot || e.kind() != ErrorKind::refused) throw;
    return std::nullopt;  // its writer lives
  }
  const std::optional<HotReplacement> found = find_hot_replacement_of(storage, file);
  if (!found) {
    remove_leftovers(storage, file);
    return std::nullopt;
  }
  roll_back(storage, *found, force);
  return found->names.record;
}

std::vector<std::string> foreign_to_replacement(const ReadStorage& storage,
                                                const std::string& file) {
  if (storage.stat(ReplacementNames(file).record)) return {};
  return leftovers(storage, file).foreign;
}

ReplacementRecord decode_undo_record(const JournalPlace& place, const ByteSource& content) {
  ReplacementRecord record = decode_replacement(content);
  if (place.file.empty() || !record.folder.empty()) {  // no file of a tree is written anew
    throw Error(ErrorKind::refused, "names another file than the target: not believed",
                content.name());
  }
  return record;
}

namespace {

/// The old file that belongs to an undo file. Error(refused) if it is not there any more.
OwnFile kept_original(const ReadStorage& storage, const ReplacementRecord& record,
                      const std::string& undo_file, const std::string& file) {
  const std::string original = original_of(undo_file);
  std::optional<OwnFile> kept = open_own_file(storage, original, file, OwnKind::original);
  if (!kept || !is_original(record, *kept->content)) {
    throw Error(ErrorKind::refused, "the old file that the undo file belongs to is gone or damaged",
                original);
  }
  return std::move(*kept);
}

}  // namespace

void require_replacement_undo(const ReadStorage& storage, const JournalPlace& place,
                              const ByteSource& content) {
  const ReplacementRecord record = decode_undo_record(place, content);
  const std::string file = join_path(place.root, place.file);
  require_lockable(storage, file);
  refuse_cut_off(storage, file);
  kept_original(storage, record, content.name(), file);
}

UndoResult undo_replacement(Storage& storage, const JournalPlace& place, const ByteSource& content,
                            bool force) {
  const std::string& undo_file = content.name();
  const ReplacementRecord record = decode_undo_record(place, content);
  const std::string& folder = place.root;
  const std::string file = join_path(folder, place.file);  // it may have been renamed since
  const ReplacementNames names(file);
  const std::string original = original_of(undo_file);
  const LockedTargets locked(storage, folder, {place.file});
  refuse_cut_off(storage, file);
  UndoResult result;
  result.metadata = record.metadata;
  result.targets = {file};
  const Digest now = sha256(*storage.open(file));
  result.changed = now != record.old_digest;
  if (result.changed && other_names(storage, file) > 0) result.separated = {file};
  if (result.changed) {
    if (now != record.new_digest && !force) {
      throw Error(ErrorKind::refused,
                  "does not fit: the file was changed since that patch; undo --force puts the old "
                  "file back all the same",
                  undo_file);
    }
    const OwnFile kept = kept_original(storage, record, undo_file, file);
    refuse_foreign(remove_leftovers(storage, file, &record));
    require_owner_kept(storage, names.fresh, *kept.content);
    try_to([&] { write_proof(storage, names, record); });  // a full disk does not stand in the way
    // It may be an unsynced copy that somebody made of it. Where it is linked, a power cut must not
    // leave X.goldhive-old with other bytes than the record says; where it cannot be opened, it is
    // copied, and the copy is synced.
    try_to([&] { storage.open_write(original)->sync(); });
    keep(storage, kept, names.old);
    storage.open_write(names.old)->sync();
    storage.sync_directory(folder);
    storage.rename(names.old, file);
    remove_if_there(storage, names.old);
    storage.sync_directory(folder);
    remove_if_there(storage, unfinished(names.record));
  }
  storage.remove(undo_file);
  storage.sync_directory(parent_of(undo_file));
  if (is_same_as(storage, original, file)) storage.remove(original);
  storage.sync_directory(parent_of(undo_file));
  return result;
}

}  // namespace goldhive
