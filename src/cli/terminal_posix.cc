#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "src/cli/exit_codes.h"
#include "src/cli/terminal.h"

namespace goldhive::cli {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<std::string> command_line(int argc, char** argv) { return {argv + 1, argv + argc}; }

namespace {

volatile std::sig_atomic_t interrupt_seen = 0;

void on_interrupt(int signal) {
  interrupt_seen = 1;
  // A terminal that closes sends SIGHUP more than once, so only the others end the program when
  // they come again.
  if (signal != SIGHUP) std::signal(signal, SIG_DFL);
}

/// Not where whoever started us had the signal ignored, as nohup and a shell's & do.
void take(int signal) {
  struct sigaction before {};
  if (sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) return;
  std::signal(signal, on_interrupt);
}

/// Who starts a program may close its standard descriptors ("2>&-", some daemons). The next file
/// that is opened would get such a number, and if it is an image that is being patched, what is
/// said would be written into it. So each of the three is taken by what nobody can write to, nor
/// read from: a folder.
void occupy_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    if (::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) != fd) ::_exit(exit_error);
  }
}

}  // namespace

bool interrupted() { return interrupt_seen != 0; }

namespace {

class StandardInput final : public std::streambuf {
 protected:
  int_type underflow() override {
    // A signal ends poll(), but not one that comes just before it: hence the limit.
    constexpr int most_milliseconds = 100;
    while (!interrupted()) {
      pollfd input{STDIN_FILENO, POLLIN, 0};
      const int ready = ::poll(&input, 1, most_milliseconds);
      if (ready < 0 && errno != EINTR) break;
      if (ready <= 0) continue;
      const ssize_t n = ::read(STDIN_FILENO, buffer_.data(), buffer_.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      setg(buffer_.data(), buffer_.data(), buffer_.data() + n);
      return traits_type::to_int_type(buffer_.front());
    }
    return traits_type::eof();
  }

 private:
  std::array<char, 65536> buffer_{};
};

}  // namespace

std::unique_ptr<std::streambuf> standard_input() { return std::make_unique<StandardInput>(); }

Terminal open_terminal() {
  occupy_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond a limit of the system becomes EFBIG
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) take(signal);
  Terminal t;
  t.in_is_terminal = isatty(STDIN_FILENO) == 1;
  t.out_is_terminal = isatty(STDOUT_FILENO) == 1;
  t.err_is_terminal = isatty(STDERR_FILENO) == 1;
  t.wants_color = environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  winsize size{};
  const int terminal = t.out_is_terminal ? STDOUT_FILENO : STDERR_FILENO;
  if (ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) t.width = size.ws_col;
  return t;
}

bool reader_has_gone() { return errno == EPIPE; }

}  // namespace goldhive::cli
