// Runs a part of a test in a process of its own: signals, limits, and ends that no test survives.
#pragma once

#include <cstdint>
#include <functional>

namespace goldhive::testing {

/// How a process ended.
struct Ended {
  int status = -1;  ///< what it returned; -1 if a signal ended it
  int signal = 0;   ///< which; 0 if none
};

/// Calls `action` in a child, whose exit status is what that returns.
Ended run_in_child(const std::function<int()>& action);

/// For a child: no file grows beyond so many bytes (ulimit -f), with SIGXFSZ as a new process has
/// it.
void limit_file_size(std::uint64_t bytes);

}  // namespace goldhive::testing
