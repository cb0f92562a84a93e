// One line on a terminal that says how far a run over many targets is. It stands below whatever
// else is written and is gone at the end.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "src/cli/cli.h"

namespace goldhive::cli {

/// "[12/300] 3.1/s, 1:33 left: disk.vhd", cut to `width` columns. `elapsed` may be 0.
std::string progress_line(std::size_t done, std::size_t count, std::chrono::milliseconds elapsed,
                          const std::string& current, unsigned width);

class Progress {
 public:
  /// Silent unless stderr is a terminal and there are several targets.
  Progress(Host& host, std::size_t count);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Shows the line, a few times a second at most.
  void show(std::size_t done, const std::string& current);
  /// Takes the line away: before anything else is written.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  Host& host_;
  std::size_t count_;
  bool enabled_;
  bool shown_ = false;
  Clock::time_point started_ = Clock::now();
  Clock::time_point last_{};
};

}  // namespace goldhive::cli
