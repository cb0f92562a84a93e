// Change of files in place, by a rollback journal: old bytes first, then the write. The one of two
// ways behind transact.h.
//
// The order of writes, and why it holds, stands above the code in journal.cc, that of an undo in
// journal_undo.cc; the bytes of the file in docs/journal-format.md.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/change/journal_format.h"
#include "imgtools/change/journal_targets.h"
#include "imgtools/change/link_marks.h"
#include "imgtools/change/links.h"
#include "imgtools/change/undo_place.h"
#include "imgtools/change/verify.h"
#include "imgtools/host/storage.h"
#include "imgtools/host_change.h"

namespace goldhive {

/// A change in place, as the journal sees it. Borrows from the HostChange.
struct ChangeInPlace {
  struct File {
    std::string name;                    ///< in `folder`
    std::vector<const HostEdit*> edits;  ///< in the order of writing: by phase, then as given
    std::optional<std::uint64_t> new_size;

    std::vector<const Write*> writes() const;
  };
  std::string folder;
  std::vector<File> files;  ///< sorted by name

  std::vector<std::string> names() const;
};
/// Sorts the edits of `change` by phase, too. Error(refused): files in several folders.
/// Error(usage): an empty change.
ChangeInPlace change_in_one_folder(const JournalPlace& place, HostChange& change);

/// The journal of a change, without the undo file's place. `size_of` tells how large a file is now.
/// Error(usage): edits beyond a file's new size. Error(refused): no room for it and the growth.
JournalPlan plan_journal(const ReadStorage& storage, const JournalPlace& place,
                         const ChangeInPlace& change, const std::string& metadata,
                         const std::function<std::uint64_t(std::size_t index)>& size_of);

class Transaction {
 public:
  /// Locks the files, checks what can be checked, and makes the journal durable. Nothing of the
  /// targets changes. Error(refused): a file in use or read-only, files in several folders, a hot
  /// journal in the way, no room; Error(usage): an empty change, or edits beyond a file's new size.
  Transaction(Storage& storage, JournalPlace place, HostChange change, const std::string& metadata);
  /// Rolls back what was neither committed nor rolled back, as well as it can.
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// Where the journal lies until commit() or roll_back().
  const std::string& journal() const { return journal_path_; }

  /// Writes the edits phase by phase, syncs, and reads all of them back.
  void write();
  /// Makes the new state final. Returns the path of the undo file, "" if none is kept.
  std::string commit();
  /// Puts the old state back and removes the journal; nothing to do after commit(). If it throws,
  /// the journal stays and recover() can finish the work.
  void roll_back();

 private:
  void write_phase(int phase);

  Storage& storage_;
  JournalPlace place_;
  HostChange change_;
  std::unique_ptr<HeldFolder> root_;  // as long as anything is done below it
  ChangeInPlace in_place_;
  std::unique_ptr<HeldFolder> held_;  // the folder of it
  std::unique_ptr<LockedTargets> targets_;
  std::unique_ptr<LinkMarks> marks_;
  JournalPlan plan_;
  std::string journal_path_;
  UndoPath undo_;
  std::optional<Journal> journal_;  // from the moment it is hot
};

/// require_possible() for a change that is no rewrite.
void require_possible_in_place(const ReadStorage& storage, const JournalPlace& place,
                               HostChange change, const std::string& metadata);

/// transact() for a change that is no rewrite: begin, write, `verify`, commit.
std::string change_in_place(Storage& storage, const JournalPlace& place, HostChange change,
                            const std::string& metadata, const Verify& verify);

/// recover() for the hot journal that concerns `file`. That and the files in `opened` are no
/// symbolic links; `file` is one of them.
std::optional<std::string> recover_journal(Storage& storage, const std::string& file, bool force,
                                           const std::vector<std::string>& opened);

/// Copies a journal to `path` on any file system: complete and synced, or not there.
void copy_durably(Storage& storage, const Journal& journal, const std::string& path);

/// An undo file, opened by open_own_file(), that is a journal. Error(refused) if a patch of that
/// place cannot have made it.
Journal decode_undo_journal(const ReadStorage& storage, const JournalPlace& place, OwnFile file);

/// The paths of the files that such a journal puts back; may throw what decode_undo_journal()
/// throws. `vouched_for`: as of the file.
std::vector<std::string> undo_targets(const ReadStorage& storage, const JournalPlace& place,
                                      const Journal& journal, bool vouched_for);

/// require_undo_possible() for such a file.
void require_journal_undo(const ReadStorage& storage, const JournalPlace& place, OwnFile file,
                          const UndoLinks& links);

/// undo() for such a file.
UndoResult undo_journal(Storage& storage, const JournalPlace& place, OwnFile file, bool force,
                        const UndoLinks& links);

}  // namespace goldhive
