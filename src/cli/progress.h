// One line on a terminal that says how far a run is: how many of its targets are done, where there
// are several, and how much of a large file is read or written. It stands below whatever else is
// written and is gone at the end.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "src/cli/cli.h"
#include "src/cli/counting_storage.h"

namespace goldhive::cli {

/// How much of something is done, and how fast. `elapsed` may be 0.
struct Pace {
  std::uint64_t done = 0;   ///< in all
  std::uint64_t total = 0;  ///< to be done, in all
  std::uint64_t made = 0;   ///< of `done` in `elapsed`
  std::chrono::milliseconds elapsed{0};
};

/// "[12/300] 3.1/s, 1:33 left: disk.vhd", "writing 1.2 of 4.0 GB, 85.1 MB/s, 0:33 left: a.tar.xz",
/// or both, cut to `width` columns. A single target is not counted.
std::string progress_line(const Pace& targets, const std::string& current,
                          const std::optional<LongRead>& file, const Pace& bytes, unsigned width);

class Progress {
 public:
  /// Silent unless stderr is a terminal.
  Progress(Host& host, std::size_t count);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  bool enabled() const { return enabled_; }
  /// Shows the line, a few times a second at most, if there is something to say. `file` is a read
  /// of the current target.
  void show(std::size_t done, const std::string& current, const std::optional<LongRead>& file);
  /// Takes the line away: before anything else is written.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  Pace pace_of(const LongRead& file, Clock::time_point now);

  Host& host_;
  std::size_t count_;
  bool enabled_;
  bool shown_ = false;
  Clock::time_point started_ = Clock::now();
  Clock::time_point last_{};
  LongRead first_seen_;  // of the file that is being read
  Clock::time_point first_seen_at_{};
};

}  // namespace goldhive::cli
