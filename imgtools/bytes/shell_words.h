// Words of a command as a shell reads them back, for commands that a user is to paste. Names are
// untrusted: a name that no spelling keeps from acting, or that cannot be shown as it is, is not
// spelled at all.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace goldhive {

/// The shells that a command is for.
enum class Shell {
  posix,    ///< sh and its kin
  windows,  ///< cmd and PowerShell, by one spelling that means the same in both
};

/// `text` as a POSIX shell reads it back, whatever is in it; without quotes if none are needed.
std::string quoted_for_sh(const std::string& text);

/// `words` as one line for `shell`; nullopt if there is none that is safe to paste.
std::optional<std::string> command_line(const std::vector<std::string>& words, Shell shell);

/// The name of a file as an argument that is taken for nothing else, where it begins with what an
/// option or a list begins with: "./-x" for "-x".
std::string plain_argument(const std::string& name, Shell shell);

}  // namespace goldhive
