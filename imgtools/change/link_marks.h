// Marks of a change in files that have other names (hard links). A journal lies beside one name
// alone, and whoever opens the file by a name elsewhere knows nothing of it: to him a change that
// was cut off is a file like any other. So such files say it themselves, for as long as their
// content is neither the old nor the new one:
//
//   journal                   made hot ======================================= gone
//   marks    "whole", synced            "mixed"  [targets: old/new]  "whole"         taken away
//
// A mark "mixed" without a journal is none of ours: whoever removed that journal took away what the
// old content could be made from. A mark "whole" counts for the other names as long as it is there,
// since they cannot tell whether the journal is: while it is hot, recover() takes the content back.
// It stands until the journal is gone, durably. What was cut off after that leaves it: in the
// folder where the journal lay, the content is then what it says, and whoever opens it for writing
// there takes the mark away. The mark knows that folder by its inode, since names of one file lie
// on one file system, and folders may be called by many paths.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "imgtools/change/locked_targets.h"
#include "imgtools/host/storage.h"

namespace goldhive {

/// Error(refused) if the file at `path` has other names and cannot be marked.
void require_markable(const ReadStorage& storage, const std::string& path);

/// Error(refused) if the file says that it is being changed under another name, or that such a
/// change was cut off. To be asked where no hot journal was found, also of a file with one name: it
/// may be a copy, or the last one of them. A mark "whole" whose journal lay in this folder, and is
/// gone, says nothing.
void refuse_marked(const ReadStorage& storage, const std::string& path);

/// Takes away a mark "whole" that refuse_marked() passes over, unless the file is in use.
void clear_stale_mark(Storage& storage, const std::string& path);

class LinkMarks {
 public:
  /// `names` are those of `targets` in `folder`; `targets` must outlive this.
  LinkMarks(const ReadStorage& storage, const std::string& folder,
            const std::vector<std::string>& names, LockedTargets& targets);

  /// Marks "whole", durably, the targets that have other names, as far as they can be marked: to be
  /// called before the journal is hot.
  void announce(const std::string& journal);
  /// Marks "mixed", durably, the targets that have other names, as far as they can be marked.
  void set(const std::string& journal);
  /// The same before old bytes are put back, which no mark that cannot be set may prevent.
  void try_to_set(const std::string& journal);
  /// Marks those that are marked "whole", durably: to be called before the journal goes.
  void set_whole(const std::string& journal);
  /// Takes the marks away, durably: to be called when the journal is gone, durably.
  void clear();

 private:
  void mark(std::size_t target, const std::string& text);

  const ReadStorage& storage_;
  LockedTargets& targets_;
  std::vector<std::size_t> to_mark_;
  std::set<std::size_t> marked_;
};

}  // namespace goldhive
