// goldhive completions: what a shell needs to complete the commands and flags of this program, made
// from the same table as the parser, the help and (by a test) the manual page.
//
// Each shell has a way of its own, documented in its manual: bash calls a function that fills
// COMPREPLY (bash(1), Programmable Completion), zsh one that calls _arguments (zshcompsys(1)), fish
// reads lines of `complete` (complete(1)), and PowerShell calls a block
// (Register-ArgumentCompleter). Files are completed wherever no word of ours fits.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ostream>

#include "src/cli/command.h"
#include "src/cli/exit_codes.h"
#include "src/cli/help.h"

namespace goldhive::cli {
namespace {

/// The words that may follow a flag; empty where any may.
std::vector<std::string> values_of(const Flag& flag) {
  if (const auto* choice = std::get_if<Choice>(&flag.value)) return choice->names;
  return {};
}

bool takes_value(const Flag& flag) {
  return !std::holds_alternative<bool*>(flag.value) && !std::holds_alternative<Ask>(flag.value);
}

std::vector<std::string> command_names(const Command& command) {
  std::vector<std::string> names;
  for (const Command& inner : command.commands) names.push_back(inner.name);
  return names;
}

/// What can stand as the next word of a command: its commands, or its flags.
std::string words_of(const Command& command) {
  std::vector<std::string> words = command_names(command);
  const std::vector<std::string> flags = flag_names(command);
  words.insert(words.end(), flags.begin(), flags.end());
  return fmt::format("{}", fmt::join(words, " "));
}

/// Text in single quotes of a POSIX shell, of fish and of PowerShell: none of ours holds a quote
/// that would end it, but for the apostrophe, which is left out.
std::string quoted(std::string text) {
  std::erase(text, '\'');
  std::erase(text, '\\');
  return "'" + text + "'";
}

/// The names of the flags before a command behind which a value stands.
std::vector<std::string> general_with_value(const Command& program) {
  std::vector<std::string> names;
  for (const Flag& flag : program.flags) {
    if (takes_value(flag)) names.insert(names.end(), flag.names.begin(), flag.names.end());
  }
  return names;
}

/// What may follow each flag of a command, then what else may stand there.
void write_bash_words(const Command& command, std::ostream& out) {
  out << "      case $before in\n";
  for (const Flag& flag : command.flags) {
    if (flag.hidden || !takes_value(flag) || flag.is_positional()) continue;
    out << fmt::format("        {}) words='{}' ;;\n", fmt::join(flag.names, "|"),
                       fmt::join(values_of(flag), " "));
  }
  out << fmt::format("        *) words='{}' ;;\n      esac ;;\n", words_of(command));
}

void write_bash(const Command& program, std::ostream& out) {
  out << "# bash completion of goldhive: . <(goldhive completions bash)\n"
         "_goldhive() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words command "
         "i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case ${COMP_WORDS[i]} in\n";
  out << fmt::format("      {}) ((i++)) ;;\n", fmt::join(general_with_value(program), "|"));
  out << "      -*) ;;\n"
         "      *) command=${COMP_WORDS[i]}; break ;;\n"
         "    esac\n"
         "  done\n"
         "  case $command in\n";
  for (const Command& command : program.commands) {
    out << "    " << command.name << ")\n";
    write_bash_words(command, out);
  }
  out << "    *)\n";
  write_bash_words(program, out);
  out << "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "}\n"
         "complete -o default -F _goldhive goldhive\n";
}

void write_zsh(const Command& program, std::ostream& out) {
  out << "#compdef goldhive\n"
         "# zsh completion of goldhive: goldhive completions zsh > \"${fpath[1]}/_goldhive\"\n"
         "_goldhive() {\n"
         "  local -a commands=(\n";
  for (const Command& command : program.commands) {
    out << fmt::format("    {}\n", quoted(command.name + ":" + command.summary));
  }
  out << "  )\n"
         "  while (( CURRENT > 2 )) && [[ ${words[2]} == -* ]]; do\n"
         "    case ${words[2]} in\n";
  for (const Flag& flag : program.flags) {
    if (!takes_value(flag)) continue;
    const std::vector<std::string> values = values_of(flag);
    out << fmt::format("      {}) if (( CURRENT == 3 )); then {}; return; fi\n",
                       fmt::join(flag.names, "|"),
                       values.empty() ? std::string("_files")
                                      : fmt::format("compadd -- {}", fmt::join(values, " ")));
    out << "        shift words; (( CURRENT-- )) ;;\n";
  }
  out << "    esac\n"
         "    shift words; (( CURRENT-- ))\n"
         "  done\n"
         "  if (( CURRENT <= 2 )); then\n"
         "    _describe command commands\n";
  out << fmt::format("    compadd -- {}; return\n  fi\n", fmt::join(flag_names(program), " "));
  out << "  shift words; (( CURRENT-- ))\n"
         "  case ${words[1]} in\n";
  for (const Command& command : program.commands) {
    out << "    " << command.name << ") _arguments \\\n";
    for (const Flag& flag : command.flags) {
      if (flag.hidden || flag.is_positional()) continue;
      std::string help = flag.help;
      std::replace(help.begin(), help.end(), '[', '(');
      std::replace(help.begin(), help.end(), ']', ')');
      std::replace(help.begin(), help.end(), ':', ',');
      for (const std::string& name : flag.names) {
        std::string spec = fmt::format("{}{}[{}]", flag.is_repeatable() ? "*" : "", name, help);
        if (takes_value(flag)) {
          const std::vector<std::string> values = values_of(flag);
          spec += values.empty() ? fmt::format(":{}:_files", flag.value_name)
                                 : fmt::format(":{}:({})", flag.value_name, fmt::join(values, " "));
        }
        out << "      " << quoted(spec) << " \\\n";
      }
    }
    const std::vector<std::string> inner = command_names(command);
    out << (inner.empty() ? std::string("      '*:file:_files' ;;\n")
                          : fmt::format("      '1:command:({})' '*:file:_files' ;;\n",
                                        fmt::join(inner, " ")));
  }
  out << "  esac\n"
         "}\n"
         "_goldhive \"$@\"\n";
}

/// The flags of a command as `complete` has them: "-s p -l policy -r", and what each means.
std::vector<std::pair<std::string, std::string>> fish_flags(const Command& command) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Flag& flag : command.flags) {
    if (flag.hidden || flag.is_positional()) continue;
    std::string what;
    for (const std::string& name : flag.names) {
      what += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    const std::vector<std::string> values = values_of(flag);
    if (!values.empty()) what += fmt::format(" -x -a '{}'", fmt::join(values, " "));
    if (values.empty() && takes_value(flag)) what += " -r";
    rows.emplace_back(what.substr(1), flag.help);
  }
  return rows;
}

void write_fish(const Command& program, std::ostream& out) {
  out << "# fish completion of goldhive: goldhive completions fish | source\n";
  const auto line = [&](const std::string& when, const std::string& what, const std::string& help) {
    out << fmt::format("complete -c goldhive -n {} {} -d {}\n", quoted(when), what, quoted(help));
  };
  for (const Command& command : program.commands) {
    line("__fish_use_subcommand", "-f -a " + command.name, command.summary);
    const std::string here = "__fish_seen_subcommand_from " + command.name;
    for (const Command& inner : command.commands) line(here, "-a " + inner.name, inner.summary);
    for (const auto& [what, help] : fish_flags(command)) line(here, what, help);
  }
  for (const auto& [what, help] : fish_flags(program)) line("__fish_use_subcommand", what, help);
}

void write_powershell(const Command& program, std::ostream& out) {
  out << "# PowerShell completion of goldhive: goldhive completions powershell | Out-String | "
         "Invoke-Expression\n"
         "Register-ArgumentCompleter -Native -CommandName goldhive -ScriptBlock {\n"
         "  param($word, $ast, $position)\n"
         "  $words = @($ast.CommandElements | ForEach-Object { $_.ToString() })\n"
         "  $known = @{\n";
  for (const Command& command : program.commands) {
    out << fmt::format("    '{}' = '{}'\n", command.name, words_of(command));
  }
  out << "  }\n";
  out << fmt::format("  $valued = '{}' -split ' '\n", fmt::join(general_with_value(program), " "));
  out << "  $end = if ($word) { $words.Count - 1 } else { $words.Count }\n"
         "  $at = 1\n"
         "  while ($at -lt $end -and $words[$at] -like '-*') {\n"
         "    if ($valued -contains $words[$at]) { $at++ }\n"
         "    $at++\n"
         "  }\n"
         "  $list = if ($end -gt $at -and $known.ContainsKey($words[$at])) { $known[$words[$at]] "
         "}\n";
  out << fmt::format("          else {{ '{}' }}\n", words_of(program));
  out << "  $list -split ' ' | Where-Object { $_ -like \"$word*\" } |\n"
         "    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }\n"
         "}\n";
}

using WriteCompletions = void (*)(const Command& program, std::ostream& out);

struct Shell {
  const char* name;
  WriteCompletions write;
};
constexpr std::array shells = {Shell{"bash", write_bash}, Shell{"zsh", write_zsh},
                               Shell{"fish", write_fish}, Shell{"powershell", write_powershell}};

}  // namespace

Command completions_command() {
  const auto write = std::make_shared<WriteCompletions>(shells.front().write);
  std::vector<std::pair<std::string, WriteCompletions>> rows;
  for (const Shell& shell : shells) rows.emplace_back(shell.name, shell.write);
  Command command{.name = "completions",
                  .summary = "Print what a shell needs to complete commands and options"};
  Flag shell = choice({.names = {"SHELL"},
                       .help = "bash, zsh, fish or powershell",
                       .group = Group::general,
                       .required = true},
                      *write, rows);
  shell.shown_default.clear();
  command.flags.push_back(std::move(shell));
  command.run = [write](Host& host) {
    ConfigFlags config;
    (*write)(program(config), host.out);
    return exit_compliant;
  };
  return command;
}

}  // namespace goldhive::cli
