// Targets of one run that are changed, and share files: one file under two names (spellings, links,
// hard links), a folder and a hive in it, two trees whose hives are the same files, a disk and its
// parent. Side by side
// one of them would find the other at work, and which one would be chance. So the later one waits
// for the earlier, as it does where all are worked on one after the other, and its report says so.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "src/cli/cli.h"
#include "src/cli/targets.h"

namespace goldhive::cli {

class Turns {
 public:
  /// Without targets nobody waits.
  Turns(const Host& host, const std::vector<Target>& targets);

  /// Calls `work` when it is the turn of target `index`. Targets must be begun in their order, by
  /// whatever threads; each must be taken once.
  void take(std::size_t index, const std::function<void()>& work);
  /// What there is to say of the turn of a target: one sentence for each earlier target that was
  /// the first to have a file that it has, too.
  std::vector<std::string> notes(std::size_t index) const;

 private:
  struct Turn {
    std::vector<std::size_t> after;
    std::vector<std::string> notes;
    bool done = false;
  };

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Turn> turns_;
};

}  // namespace goldhive::cli
