// What the program knows of its terminal and environment. terminal_posix.cc and terminal_win32.cc
// ask the system; nothing else in the project does.
#pragma once

#include <memory>
#include <streambuf>
#include <string>
#include <vector>

#include "imgtools/bytes/shell_words.h"

namespace goldhive::cli {

struct Terminal {
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool wants_color = true;  ///< NO_COLOR is unset or empty, and TERM is not "dumb"
  /// Of this system, for commands that a user is to paste.
  Shell shell = Shell::posix;
  unsigned width = 80;  ///< columns of the terminal; of no meaning where there is none
  bool in_is_terminal = false;
};

/// Asks the system. To be called before any file is opened: standard descriptors that are closed
/// are filled, so that no file gets their numbers. It also changes what signals do. A write to a
/// closed pipe, or beyond the size that files may have here (SIGXFSZ), becomes an error, so that a
/// command ends in order. The first SIGINT or SIGTERM only makes interrupted() true; a second one
/// ends the program as usual. SIGHUP, however often it comes, makes it true as well. On Windows
/// Ctrl-C and Ctrl-Break are the first two, and the end of the console or of the session is the
/// third.
Terminal open_terminal();

/// Whether the user has asked the program to end.
bool interrupted();

/// Standard input. It also ends when interrupted() becomes true, even while it waits for its
/// writer.
std::unique_ptr<std::streambuf> standard_input();

/// After a failed write to standard output: whether its reader has gone away.
bool reader_has_gone();

/// The arguments of main() without the program's name, as UTF-8.
std::vector<std::string> command_line(int argc, char** argv);

/// The value of an environment variable, "" if unset.
std::string environment(const char* name);

}  // namespace goldhive::cli
