#include "imgtools/change/undo.h"

#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/change/journal.h"
#include "imgtools/change/own_files.h"
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
