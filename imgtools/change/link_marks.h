// Marks of a change in files that have other names (hard links). A journal lies beside one name
// alone, and whoever opens the file by a name elsewhere knows nothing of it: to him a change that
// was cut off is a file like any other. So such files say it themselves, for as long as their
// content is neither the old nor the new one:
//
//   journal  ==== hot ==================================================== commit, or removed
//   marks         set, synced  [targets: old/new mixed]  taken away, synced
//
// A mark without a journal is therefore none of ours: whoever removed that journal took away what
// the old content could be made from.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "imgtools/change/locked_targets.h"
#include "imgtools/host/storage.h"

namespace goldhive {

/// Error(refused) if the file at `path` has other names and cannot be marked.
void require_markable(const ReadStorage& storage, const std::string& path);

/// Error(refused) if the file says that it is being changed under another name, or that such a
/// change was cut off. To be asked where no hot journal was found, also of a file with one name: it
/// may be a copy, or the last one of them.
void refuse_marked(const ReadStorage& storage, const std::string& path);

class LinkMarks {
 public:
  /// `names` are those of `targets` in `folder`; `targets` must outlive this.
  LinkMarks(const ReadStorage& storage, const std::string& folder,
            const std::vector<std::string>& names, LockedTargets& targets);

  /// Marks, durably, the targets that have other names, as far as they can be marked.
  void set(const std::string& journal);
  /// The same before old bytes are put back, which no mark that cannot be set may prevent.
  void try_to_set(const std::string& journal);
  /// Takes the marks away, durably.
  void clear();

 private:
  LockedTargets& targets_;
  std::vector<std::size_t> to_mark_;
  std::vector<std::size_t> marked_;
};

}  // namespace goldhive
