// Crash-safe change of files in place, by a rollback journal: old bytes first, then the write.
//
//   ReadThroughStorage, find_hot_journal()   hot_journal.h: see a cut-off patch, read through it
//   Transaction, transact()                  here: change files, all or nothing
//   recover()                                here: roll a cut-off patch back
//   undo()                                   undo.h: take a finished patch back, byte for byte
//
// The order of writes, and why it holds, stands above the code in journal.cc; the bytes of the file
// in docs/journal-format.md.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/change/hot_journal.h"
#include "imgtools/change/journal_targets.h"
#include "imgtools/host/storage.h"
#include "imgtools/host_change.h"

namespace goldhive {

/// Where the files of a target belong. Made by place_of() in undo.h.
struct JournalPlace {
  /// The folder that undo files record the targets' folder relative to: the tree itself, or the
  /// folder of an image or hive.
  std::string root;
  /// The name of an image or hive in `root`; "" for a tree.
  std::string file;
  /// Paths for the undo file, the best first; the first that can be written is taken, with ".2",
  /// ".3", ... added if undo files of earlier patches stand there.
  std::vector<std::string> undo_paths;
  bool keep_undo = true;
};

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
  struct Group;

  void group(const HostChange& change);
  void plan(const std::string& metadata);
  void write_phase(int phase);

  Storage& storage_;
  JournalPlace place_;
  HostChange change_;
  std::string folder_;
  std::vector<Group> groups_;  // one a target, sorted by name
  std::unique_ptr<LockedTargets> targets_;
  JournalPlan plan_;
  std::string journal_path_;
  std::string undo_path_;           // "" if none is kept
  std::optional<Journal> journal_;  // from the moment it is hot
};

/// Looks at what was written, through the storage it is handed, before it counts. May throw Error.
using Verify = std::function<void(const ReadStorage& storage)>;

/// A whole transaction: begin, write, `verify`, commit. Whatever throws on the way, `verify`
/// included, rolls back and comes out of here. Returns the undo file as commit() does. A change
/// that is a rewrite goes to replace_file() (replacement.h).
std::string transact(Storage& storage, const JournalPlace& place, HostChange change,
                     const std::string& metadata, const Verify& verify);

/// `folder` as undo files record it: relative to `root`. Error(refused) if it is not in there.
std::string relative_folder(const std::string& root, const std::string& folder);

/// Rolls back the transaction that left a hot journal (or the record of a replacement) for
/// `host_file`, in all its targets, and removes the leavings of one that died before it began.
/// Returns the path of the journal that was worked off, nullopt if there was none. Safe to
/// interrupt and to repeat. Error(refused) if a target is in use, or in a state that the
/// transaction cannot have left; `force` rolls back in spite of the latter.
std::optional<std::string> recover(Storage& storage, const std::string& host_file, bool force);

}  // namespace goldhive
