#include "imgtools/change/undo.h"

#include <utility>

#include "imgtools/bytes/digest.h"
#include "imgtools/bytes/error.h"
#include "imgtools/change/journal.h"
#include "imgtools/change/journal_targets.h"
#include "imgtools/change/own_files.h"
#include "imgtools/change/own_names.h"
#include "imgtools/change/replacement.h"
#include "imgtools/change/replacement_record.h"
#include "imgtools/host/path.h"

namespace goldhive {

namespace {

/// The file or folder that the place is of.
std::string target_of(const JournalPlace& place) {
  return place.file.empty() ? place.root : join_path(place.root, place.file);
}

OwnFile open_undo_file(const ReadStorage& storage, const JournalPlace& place,
                       const std::string& path) {
  std::optional<OwnFile> file = open_own_file(storage, path, target_of(place), OwnKind::written);
  if (!file) throw Error(ErrorKind::not_found, "no such file", path);
  return std::move(*file);
}

}  // namespace

bool is_undo_file(const ByteSource& file) {
  return is_journal(file) || is_replacement_record(file);
}

std::string undo_metadata(const ReadStorage& storage, const JournalPlace& place,
                          const std::string& undo_file) {
  OwnFile file = open_undo_file(storage, place, undo_file);
  if (is_replacement_record(*file.content)) return decode_replacement(*file.content).metadata;
  return decode_undo_journal(storage, place, std::move(file)).metadata();
}

UndoContent undo_content(const ReadStorage& storage, const JournalPlace& place,
                         const std::string& undo_file) {
  OwnFile file = open_undo_file(storage, place, undo_file);
  UndoContent content;
  content.size = file.info.size;
  if (!is_replacement_record(*file.content)) {
    const bool vouched_for = file.vouched_for;
    const Journal journal = decode_undo_journal(storage, place, std::move(file));
    content.metadata = journal.metadata();
    content.targets = undo_targets(storage, place, journal, vouched_for);
    return content;
  }
  content.metadata = decode_undo_record(place, *file.content).metadata;
  content.targets = {target_of(place)};
  const std::optional<FileInfo> kept = storage.stat(original_of(undo_file));
  if (kept) content.size += kept->size;
  return content;
}

UndoFit undo_fit(const ReadStorage& storage, const JournalPlace& place,
                 const std::string& undo_file) {
  const auto fit = [](bool is_new, bool is_old) {
    if (is_new) return UndoFit::patched;
    return is_old ? UndoFit::original : UndoFit::changed;
  };
  OwnFile file = open_undo_file(storage, place, undo_file);
  if (is_replacement_record(*file.content)) {
    const ReplacementRecord record = decode_undo_record(place, *file.content);
    const std::string target = target_of(place);
    if (!storage.stat(target)) return UndoFit::unknown;
    const Digest now = sha256(*storage.open(target));
    return fit(now == record.new_digest, now == record.old_digest);
  }
  const bool vouched_for = file.vouched_for;
  const Journal journal = decode_undo_journal(storage, place, std::move(file));
  bool is_new = true;
  bool is_old = true;
  std::uint32_t index = 0;
  for (const std::string& path : undo_targets(storage, place, journal, vouched_for)) {
    if (!storage.stat(without_disk_inside(path))) return UndoFit::unknown;
    const std::unique_ptr<ByteSource> target = storage.open(path);
    const TargetState state = compare(journal, index++, view_of(*target));
    is_new = is_new && state.is_new;
    is_old = is_old && state.is_old;
  }
  return fit(is_new, is_old);
}

void require_undo_possible(const ReadStorage& storage, const JournalPlace& place,
                           const std::string& undo_file, const UndoLinks& links) {
  OwnFile file = open_undo_file(storage, place, undo_file);
  if (is_replacement_record(*file.content)) {
    return require_replacement_undo(storage, place, *file.content);
  }
  require_journal_undo(storage, place, std::move(file), links);
}

void discard_undo_file(Storage& storage, const JournalPlace& place, const std::string& undo_file) {
  const std::unique_ptr<HeldFolder> folder =
      storage.hold_folder(parent_of(undo_file), Reach::names);
  OwnFile file = open_undo_file(storage, place, undo_file);
  std::optional<ReplacementRecord> record;
  if (is_replacement_record(*file.content)) {
    record = decode_undo_record(place, *file.content);
  } else {
    decode_undo_journal(storage, place, std::move(file));
  }
  // The old file first: a record without it is of no use, and is removed when that is tried again.
  if (record) {
    const std::string original = original_of(undo_file);
    const auto kept = open_own_file(storage, original, target_of(place), OwnKind::original);
    if (kept && is_original(*record, *kept->content)) {
      storage.remove(original);
      storage.sync_directory(parent_of(undo_file));
    }
  }
  storage.remove(undo_file);
  storage.sync_directory(parent_of(undo_file));
}

UndoResult undo(Storage& storage, const JournalPlace& place, const std::string& undo_file,
                bool force, const UndoLinks& links) {
  const std::unique_ptr<HeldFolder> root = hold_root(storage, place);
  const std::unique_ptr<HeldFolder> folder =
      storage.hold_folder(parent_of(undo_file), Reach::names);
  OwnFile file = open_undo_file(storage, place, undo_file);
  if (is_replacement_record(*file.content)) {
    return undo_replacement(storage, place, *file.content, force);
  }
  return undo_journal(storage, place, std::move(file), force, links);
}

}  // namespace goldhive
