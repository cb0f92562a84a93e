#include "tests/support/child_posix.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

namespace goldhive::testing {

Ended run_in_child(const std::function<int()>& action) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGXFSZ}) std::signal(signal, SIG_DFL);
    int status = 99;
    try {
      status = action();
    } catch (...) {  // NOLINT(bugprone-empty-catch): the status says so
    }
    ::_exit(status);
  }
  int state = 0;
  while (::waitpid(child, &state, 0) < 0) REQUIRE(errno == EINTR);
  if (WIFSIGNALED(state)) return {-1, WTERMSIG(state)};
  return {WEXITSTATUS(state), 0};
}

void limit_file_size(std::uint64_t bytes) {
  rlimit limit{};
  limit.rlim_cur = limit.rlim_max = static_cast<rlim_t>(bytes);
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(98);
}

}  // namespace goldhive::testing
