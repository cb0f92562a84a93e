// The command line as data: the commands, and the flags of each. The help, the errors and whatever
// else tells of the command line are made from this one table. Which library takes the words apart
// is known to arguments.cc alone.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace goldhive::cli {

struct Host;

/// The sections of flags in the manual page, in its order. A flag of the last one may stand before
/// the command, too.
enum class Group { target, policy, change, patch, output, general };
/// The heading of a section in docs/goldhive.1: "What to look at".
const char* heading(Group group);

// What the value of a flag may be, and where it is stored. The pointers are never null, and what
// they point to lives as long as the command.

/// A whole number; a leading 0x or 0 sets the base, as in C.
struct Number {
  int* value;
  int least;
  int most;
};

/// A number of bytes, with or without a suffix: K, M, G, T, P and E are powers of 1024.
struct Size {
  std::uint64_t* bytes;
};

/// One of a few names; see choice().
struct Choice {
  std::vector<std::string> names;
  std::function<void(std::size_t index)> set;
};

/// A flag that no command acts on: parse() tells of it.
enum class Ask { help, version };

/// bool*: a switch, set to true; string*: any text; optional: likewise, nullopt where the flag is
/// not given; vector: the flag may be given several times.
using Value = std::variant<bool*, Number, Size, Choice, std::string*, std::optional<std::string>*,
                           std::vector<std::string>*, Ask>;

/// Whether the configuration file may set a flag; what forces something, weakens a safety, names a
/// target or an output, or decides the exit code belongs to a command line alone.
enum class Standing {
  no,
  value,
  path,    ///< of a folder, from that of the configuration file
  policy,  ///< the name of a built-in policy, else the path of a file
};

/// A flag, or an argument that is told by its place: its name has no dash.
struct Flag {
  std::vector<std::string> names;  ///< "-p", "--policy"; or "TARGET"
  std::string value_name = {};     ///< of what follows it: "FILE"; "" for a switch
  std::string help;
  Group group;
  Value value = {};
  std::string shown_default = {};  ///< what holds without the flag; "" where no word says it
  bool required = false;
  bool hidden = false;  ///< works, and is not shown
  /// Says what is wrong with a text, "" if nothing. Takes the place of the check that comes with
  /// the kind of value.
  std::function<std::string(const std::string& text)> check = nullptr;

  Standing standing = Standing::no;
  /// Where a standing choice is stored; null: where `value` says.
  std::string* standing_slot = nullptr;

  bool is_positional() const { return names.front().front() != '-'; }
  /// True of one that may stand before a command, although it is the command's.
  bool is_general() const {
    return group == Group::general && !is_positional() && !std::holds_alternative<Ask>(value);
  }
  bool is_repeatable() const { return std::holds_alternative<std::vector<std::string>*>(value); }
};

/// Completes `flag`, which must name no value: it takes the names of `rows` and stores what stands
/// beside the name in `slot`. The default is what `slot` holds now.
template <typename T>
Flag choice(Flag flag, T& slot, const std::vector<std::pair<std::string, T>>& rows) {
  Choice choice;
  for (const auto& [name, value] : rows) {
    choice.names.push_back(name);
    if (value == slot) flag.shown_default = name;
  }
  choice.set = [&slot, rows](std::size_t index) { slot = rows[index].second; };
  flag.value = std::move(choice);
  return flag;
}

struct Command {
  std::string name;
  std::string summary;  ///< one line, without a full stop
  std::vector<Flag> flags = {};
  std::string footer = {};             ///< what help ends with: exit codes, examples
  std::vector<Command> commands = {};  ///< where there are any, one of them must be named
  /// Does what the flags say once they are parsed, and returns the exit code; owns what the flags
  /// point to. Null in a command with commands.
  std::function<int(Host& host)> run = nullptr;
};

/// What the user asks for.
struct Request {
  std::vector<const Command*> path;       ///< of those given to parse(): the program, the commands
  std::optional<Ask> ask = std::nullopt;  ///< if set, the answer takes the place of the command
  std::vector<const Flag*> given = {};    ///< of the command, and of those above it

  const Command& command() const { return *path.back(); }
  bool is_given(const Flag& flag) const;
};

/// Reads `arguments` (without the program's name; "help scan" is "scan --help") and stores the
/// values where the flags say. Error(usage) says what is wrong and whose help to read.
Request parse(const Command& program, const std::vector<std::string>& arguments);

/// What is wrong with a value for the flag, "" if nothing.
std::string problem_of(const Flag& flag, const std::string& text);
/// Stores a standing choice, which problem_of() has passed; that of a switch is "true" or "false".
void set_standing(const Flag& flag, const std::string& text);

}  // namespace goldhive::cli
