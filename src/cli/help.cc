#include "src/cli/help.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "src/report/printable.h"
#include "src/report/text_layout.h"

namespace goldhive::cli {
namespace {

constexpr std::array groups = {Group::target, Group::policy, Group::change,
                               Group::patch,  Group::output, Group::general};
/// Where the explanations begin; a longer name has a line of its own.
constexpr std::size_t flag_column = 26;
constexpr std::size_t command_column = 15;

std::string title_of(const Flag& flag) {
  std::string title = fmt::format("{}", fmt::join(flag.names, ", "));
  if (!flag.value_name.empty()) title += " " + flag.value_name;
  return title;
}

std::string text_of(const Flag& flag) {
  std::string text = flag.help;
  if (!flag.shown_default.empty()) text += fmt::format(" (default: {})", flag.shown_default);
  return text;
}

/// "usage: goldhive scan [OPTION]... TARGET..."
std::string usage(const std::vector<const Command*>& path) {
  std::string line = "usage:";
  for (const Command* command : path) line += " " + command->name;
  const Command& command = *path.back();
  if (!command.commands.empty()) return line + " COMMAND ...";
  line += " [OPTION]...";
  for (const Flag& flag : command.flags) {
    if (!flag.is_positional()) continue;
    const std::string name = flag.names.front() + (flag.is_repeatable() ? "..." : "");
    line += flag.required ? " " + name : " [" + name + "]";
  }
  return line;
}

class HelpWriter {
 public:
  HelpWriter(unsigned width, std::ostream& out) : out_(out), lines_(out, options(width)) {}

  void entry(const std::string& title, const std::string& text, std::size_t column) {
    const std::string start = "  " + title;
    const std::size_t used = report::display_width(start);
    if (used + 2 > column) {
      out_ << start << '\n';
      lines_.folded(std::string(column, ' '), column, text);
    } else {
      lines_.folded(start + std::string(column - used, ' '), column, text);
    }
  }
  void paragraph(const std::string& text) { lines_.folded("", 0, text); }

 private:
  static report::WriteOptions options(unsigned width) {
    report::WriteOptions options;
    options.width = width;
    return options;
  }
  std::ostream& out_;
  report::Lines lines_;
};

}  // namespace

std::vector<std::string> flag_names(const Command& command) {
  std::vector<std::string> names;
  for (const Flag& flag : command.flags) {
    if (flag.hidden || flag.is_positional()) continue;
    names.insert(names.end(), flag.names.begin(), flag.names.end());
  }
  return names;
}

void write_help(const std::vector<const Command*>& path, unsigned width, std::ostream& out) {
  HelpWriter help(width, out);
  const Command& command = *path.back();
  help.paragraph(command.summary + ".");
  out << '\n' << usage(path) << '\n';
  if (path.size() == 1) out << "See man goldhive, and goldhive COMMAND --help.\n";
  if (!command.commands.empty()) out << '\n';
  for (const Command& inner : command.commands) {
    help.entry(inner.name, inner.summary, command_column);
  }
  for (const Group group : groups) {
    bool begun = false;
    // What a command is about stands before what else may be said.
    for (const bool positional : {true, false}) {
      for (const Flag& flag : command.flags) {
        if (flag.group != group || flag.hidden || flag.is_positional() != positional) continue;
        if (!begun) out << '\n' << heading(group) << ":\n";
        begun = true;
        help.entry(title_of(flag), text_of(flag), flag_column);
      }
    }
  }
  if (!command.footer.empty()) {
    out << '\n';
    std::string_view rest = command.footer;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string line(rest.substr(0, end));
      if (line.starts_with(' ')) {  // an example is copied as it stands
        out << line << '\n';
      } else {
        help.paragraph(line);
      }
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
}

}  // namespace goldhive::cli
