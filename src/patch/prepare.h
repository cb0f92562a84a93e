// From a plan to bytes: edits the hives of one installation in memory, and has every result checked
// by our own structural checker and by hivex, before anything is handed on to be written.
//
// The order, and what each step refuses:
//   1. open the hive with its logs          a damaged hive; a dirty one whose logs do not help
//   2. check the whole structure            faults that an edit could make worse
//   3. compare with what the plan expects   a value that is not as it was when planned
//   4. edit                                 links, keys too large (hive/editor.h)
//   5. check the whole structure again      any fault that was not there, counts that do not add up
//   6. open it with hivex                   a value read otherwise, other counts
//      (hive/cross_check.h)
// 5 and 6 go on in other threads, while the caller works out what the edits come to in its image.
// They are the PendingChecks; the caller waits for them before it writes anything.
//
// A hive that had to be recovered also has its logs made harmless: Windows must not replay onto the
// edited hive what is already in it.
#pragma once

#include <future>
#include <string>
#include <utility>
#include <vector>

#include "imgtools/volume.h"
#include "src/patch/check_edit.h"
#include "src/policy/finding.h"
#include "src/windows/facts.h"

namespace goldhive::patch {

/// How hives are edited.
struct EditOptions {
  hive::FileTime now = 0;    ///< last-write time of changed keys
  bool use_logs = true;      ///< --no-logs: the hives are edited without their logs
  bool force_dirty = false;  ///< edit a dirty hive without its logs, when they cannot be used
  bool cross_check = true;   ///< ask hivex
  std::string scratch_directory;
};

/// The checks of edited hives that are still going on.
class PendingChecks {
 public:
  /// `end`: of the thread of the check, which goes on after its verdict to give memory back.
  void add(std::future<void> verdict, std::future<void> end = {}) {
    verdicts_.push_back(std::move(verdict));
    ends_.push_back(std::move(end));
  }
  /// Waits for all verdicts. Throws the Error of the first check that failed. An edited hive must
  /// not be written before this has returned.
  void wait();

 private:
  std::vector<std::future<void>> verdicts_;
  std::vector<std::future<void>> ends_;  ///< waited for when this goes away
};

/// Changes of the files of one volume. Sorted by path.
struct Prepared {
  std::vector<FileEdit> files;
  std::vector<WrittenHive> hives;  ///< what the edited hives must be like; of no volume yet
  PendingChecks checks;
  std::uint64_t bytes = 0;  ///< to be written
  std::uint64_t pages = 0;  ///< 4096-byte pages of hives that differ afterwards
  std::uint64_t grows = 0;  ///< bytes by which files grow
};

/// `edits` must not be empty. Throws Error, mostly (refused), of the steps 1 to 4.
Prepared prepare(const FileTree& tree, const windows::Installation& installation,
                 const std::vector<policy::Edit>& edits, const EditOptions& options);

}  // namespace goldhive::patch
