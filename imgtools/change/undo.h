// The door by which a finished change is taken back (transact.h). Where undo files lie:
// undo_place.h.
#pragma once

#include <string>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/change/links.h"
#include "imgtools/change/undo_place.h"
#include "imgtools/host/storage.h"

namespace goldhive {

/// Whether a file claims to be an undo file, or the journal or record that one is made of, whole or
/// not.
bool is_undo_file(const ByteSource& file);

/// What the patch of an undo file noted in it. Error(corrupt); Error(refused) if the file is not to
/// be believed (own_files.h).
std::string undo_metadata(const ReadStorage& storage, const JournalPlace& place,
                          const std::string& undo_file);

/// What can be said of an undo file without its targets.
struct UndoContent {
  std::string metadata;
  std::vector<std::string> targets;  ///< paths of the files that it puts back
  std::uint64_t size = 0;            ///< bytes of it, and of the old file that belongs to it
};
/// Errors of undo_metadata().
UndoContent undo_content(const ReadStorage& storage, const JournalPlace& place,
                         const std::string& undo_file);

/// What undo() finds of the targets.
enum class UndoFit {
  patched,   ///< exactly as the patch left them: it can be taken back
  original,  ///< the old bytes are there already
  changed,   ///< neither: refused without force
  unknown,   ///< a target is not there, so nothing can be compared
};
/// Reads what the patch changed, or all of a file that it wrote anew. Errors of undo_metadata().
UndoFit undo_fit(const ReadStorage& storage, const JournalPlace& place,
                 const std::string& undo_file);

/// Throws what undo() would throw of a target that is as the patch left it, or with force, as far
/// as that can be told by reading: files in use or read-only, of other sizes, or with other names,
/// a change that was cut off, an old file that is not there any more.
void require_undo_possible(const ReadStorage& storage, const JournalPlace& place,
                           const std::string& undo_file, const UndoLinks& links);

/// Removes an undo file, and the old file that belongs to it, and takes nothing back. Only what is
/// known by its bytes to be ours goes. Errors of undo_metadata(); Error(io).
void discard_undo_file(Storage& storage, const JournalPlace& place, const std::string& undo_file);

/// Takes the patch of `undo_file` back and removes the file. A crash leaves the patched files or
/// the original ones. Error(refused) if they are not exactly as the patch left them, unless
/// `force`; and, whatever `force` says, if the undo file is not to be believed (own_files.h), or
/// names other files than a patch of this target changes. Error(refused) also if it would change
/// other names of a file, unless `links` allows it; what is written anew never does.
UndoResult undo(Storage& storage, const JournalPlace& place, const std::string& undo_file,
                bool force, const UndoLinks& links = {});

}  // namespace goldhive
