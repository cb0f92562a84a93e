// The console and the environment of Windows.
//
// Text is UTF-8 on every stream: the console is told so for as long as the program runs, and lines
// end as on other systems, so that a report is the same bytes whoever wrote it. Arguments and
// variables are asked for in UTF-16, because before Windows 10 1903 the narrow ones are in the
// system's code page whatever the manifest says.
#include "src/cli/terminal.h"

#include "imgtools/host/host_win32.h"

#include <fcntl.h>
#include <io.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace goldhive::cli {

std::string environment(const char* name) {
  const wchar_t* value = ::_wgetenv(win32::to_wide(name).c_str());
  return value == nullptr ? "" : win32::to_utf8(value);
}

std::vector<std::string> command_line(int argc, char** argv) {
  int count = 0;
  wchar_t** const wide = ::CommandLineToArgvW(::GetCommandLineW(), &count);
  if (wide == nullptr) return {argv + 1, argv + argc};
  std::vector<std::string> arguments;
  for (int i = 1; i < count; ++i) arguments.push_back(win32::to_utf8(wide[i]));
  ::LocalFree(wide);
  return arguments;
}

namespace {

volatile bool interrupt_seen = false;
UINT code_page_before = CP_UTF8;

/// Runs on a thread of its own. The second Ctrl-C is left to the default handler, which ends the
/// program. When the console closes, the user logs off or the system goes down, Windows ends the
/// program as soon as this returns, or some seconds later: they are left to the work that is going
/// on, whose end is the end of the program.
BOOL WINAPI on_interrupt(DWORD event) {
  const bool again = interrupt_seen;
  interrupt_seen = true;
  if (event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT) return again ? FALSE : TRUE;
  ::Sleep(INFINITE);
  return TRUE;
}

void restore_code_page() { ::SetConsoleOutputCP(code_page_before); }

}  // namespace

bool interrupted() { return interrupt_seen; }

namespace {

class StandardInput final : public std::streambuf {
 protected:
  int_type underflow() override {
    if (!wait()) return traits_type::eof();
    const int n = ::_read(::_fileno(stdin), buffer_.data(), static_cast<unsigned>(buffer_.size()));
    if (n <= 0) {
      // Ctrl-C ends a read from a console before the handler has run on its thread.
      if (::_isatty(::_fileno(stdin)) != 0) ::Sleep(100);
      return traits_type::eof();
    }
    setg(buffer_.data(), buffer_.data(), buffer_.data() + n);
    return traits_type::to_int_type(buffer_.front());
  }

 private:
  /// Until a read would not block; false if the user ends the program. Nothing ends a read from a
  /// pipe, so that is asked first.
  static bool wait() {
    const HANDLE input = ::GetStdHandle(STD_INPUT_HANDLE);
    if (::GetFileType(input) != FILE_TYPE_PIPE) return !interrupted();
    DWORD there = 0;
    while (!interrupted()) {
      if (::PeekNamedPipe(input, nullptr, 0, nullptr, &there, nullptr) == 0 || there != 0) {
        return true;
      }
      ::Sleep(20);
    }
    return false;
  }

  std::array<char, 65536> buffer_{};
};

}  // namespace

std::unique_ptr<std::streambuf> standard_input() { return std::make_unique<StandardInput>(); }

Terminal open_terminal() {
  ::SetConsoleCtrlHandler(on_interrupt, TRUE);
  for (std::FILE* stream : {stdin, stdout, stderr}) ::_setmode(::_fileno(stream), _O_BINARY);
  if (const UINT before = ::GetConsoleOutputCP(); before != 0 && before != CP_UTF8) {
    code_page_before = before;
    ::SetConsoleOutputCP(CP_UTF8);
    std::atexit(restore_code_page);
  }
  Terminal t;
  t.shell = Shell::windows;
  t.in_is_terminal = ::_isatty(::_fileno(stdin)) != 0;
  t.out_is_terminal = ::_isatty(::_fileno(stdout)) != 0;
  t.err_is_terminal = ::_isatty(::_fileno(stderr)) != 0;
  t.wants_color = environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  const HANDLE console = ::GetStdHandle(STD_OUTPUT_HANDLE);
  CONSOLE_SCREEN_BUFFER_INFO info{};
  if (t.out_is_terminal && ::GetConsoleScreenBufferInfo(console, &info) != 0) {
    t.width = static_cast<unsigned>(info.srWindow.Right - info.srWindow.Left + 1);
    // Escape codes work from Windows 10 on, once asked for; without them there is no colour.
    DWORD mode = 0;
    t.wants_color = t.wants_color && ::GetConsoleMode(console, &mode) != 0 &&
                    ::SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0;
  }
  return t;
}

bool reader_has_gone() { return errno == EPIPE || errno == EINVAL; }

}  // namespace goldhive::cli
