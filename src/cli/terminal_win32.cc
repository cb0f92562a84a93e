#include <io.h>
#include <windows.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "src/cli/terminal.h"

namespace goldhive::cli {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

namespace {

volatile bool interrupt_seen = false;

/// Runs on a thread of its own. The second time the default handler ends the program.
BOOL WINAPI on_interrupt(DWORD event) {
  if (interrupt_seen || (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)) return FALSE;
  interrupt_seen = true;
  return TRUE;
}

}  // namespace

bool interrupted() { return interrupt_seen; }

Terminal open_terminal() {
  SetConsoleCtrlHandler(on_interrupt, TRUE);
  SetConsoleOutputCP(CP_UTF8);
  Terminal t;
  t.out_is_terminal = _isatty(_fileno(stdout)) != 0;
  t.err_is_terminal = _isatty(_fileno(stderr)) != 0;
  t.wants_color = environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  const HANDLE console = GetStdHandle(STD_OUTPUT_HANDLE);
  CONSOLE_SCREEN_BUFFER_INFO info{};
  if (t.out_is_terminal && GetConsoleScreenBufferInfo(console, &info) != 0) {
    t.width = static_cast<unsigned>(info.srWindow.Right - info.srWindow.Left + 1);
    // Escape codes work from Windows 10 on, once asked for; without them there is no colour.
    DWORD mode = 0;
    t.wants_color = t.wants_color && GetConsoleMode(console, &mode) != 0 &&
                    SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0;
  }
  return t;
}

bool reader_has_gone() { return errno == EPIPE || errno == EINVAL; }

}  // namespace goldhive::cli
