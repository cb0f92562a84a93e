#include "imgtools/bytes/shell_words.h"

#include <algorithm>
#include <string_view>

#include "imgtools/bytes/printable.h"

namespace goldhive {
namespace {

constexpr std::string_view letters_and_digits =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

bool consists_of(std::string_view text, std::string_view more_characters) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return letters_and_digits.find(c) != std::string_view::npos ||
           more_characters.find(c) != std::string_view::npos;
  });
}

bool holds_any(std::string_view text, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

/// What acts in double quotes, too, in one of the two shells, and whose escape the other one takes
/// for itself: the quotes (for PowerShell typographic ones as well), its escape, and its variables.
/// A dollar sign before what begins no name means itself, as in \\server\C$\images.
bool acts_in_quotes(std::string_view text) {
  if (holds_any(text, {"\"", "`", "\u201c", "\u201d", "\u201e"})) return true;
  for (std::size_t at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 1)) {
    if (at + 1 < text.size() && std::string_view("\\/. ").find(text[at + 1]) == std::string::npos) {
      return true;
    }
  }
  return false;
}

/// For cmd and PowerShell. What is special to either is in double quotes, which both know; so is a
/// word like -a.b, which PowerShell divides at the dot.
std::optional<std::string> windows_word(const std::string& text) {
  const bool option = text.starts_with('-');
  if (!text.empty() && consists_of(text, option ? "_-+=" : "_-+=:./\\")) return text;
  if (acts_in_quotes(text)) return std::nullopt;
  // A backslash before the last quote would make that a part of the word. A path means the same
  // without it, unless it is the root of a drive or a volume. PowerShell drops an empty word.
  std::string inner = text;
  while (inner.ends_with('\\')) inner.pop_back();
  if (inner.empty()) return std::nullopt;
  if (inner != text && (inner.back() == ':' || inner.back() == '}')) return std::nullopt;
  return "\"" + inner + "\"";
}

}  // namespace

std::string quoted_for_sh(const std::string& text) {
  // zsh looks a word up as a command if it begins with "=".
  if (!text.empty() && text.front() != '=' && consists_of(text, "_-+=:,./@%")) return text;
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::optional<std::string> command_line(const std::vector<std::string>& words, Shell shell) {
  std::string line;
  for (const std::string& word : words) {
    const std::optional<std::string> spelled =
        shell == Shell::windows ? windows_word(word) : quoted_for_sh(word);
    if (!spelled || printable(word) != word) return std::nullopt;
    line += (line.empty() ? "" : " ") + *spelled;
  }
  // cmd puts a variable in the place of what stands between two of them, in quotes as well.
  if (shell == Shell::windows && std::count(line.begin(), line.end(), '%') > 1) return std::nullopt;
  return line;
}

std::string plain_argument(const std::string& name, Shell shell) {
  const bool blank = !name.empty() && name.find_first_not_of(" \t") == std::string::npos;
  if (!name.starts_with('-') && !name.starts_with('@') && !blank) return name;
  return (shell == Shell::windows ? ".\\" : "./") + name;
}

}  // namespace goldhive
