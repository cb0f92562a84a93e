// The one file that knows the library that takes a command line apart, CLI11. Values are checked
// and converted here by code of ours: the templates of the library cost seconds of compile time for
// each type, and so does its umbrella header.
#include "src/cli/arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "src/cli/help.h"
#include "src/policy/suggest.h"

namespace goldhive::cli {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

std::string braced(const std::vector<std::string>& names) {
  return fmt::format("{{{}}}", fmt::join(names, ","));
}

std::optional<std::int64_t> to_number(const std::string& text) {
  char* end = nullptr;
  const std::int64_t number = std::strtoll(text.c_str(), &end, 0);
  if (text.empty() || end != text.c_str() + text.size()) return std::nullopt;
  return number;
}

std::string trimmed(const std::string& text) {
  constexpr const char* blank = " \t\n\v\f\r";
  const std::size_t begin = text.find_first_not_of(blank);
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

bool is_letter(char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; }

/// The units of a size, each 1024 of the one before; "k", "kb", "ki" and "kib" are the same.
constexpr std::string_view size_units = "kmgtpe";

std::optional<std::uint64_t> factor_of(std::string_view unit) {
  if (unit == "b") return 1;
  const std::size_t power = unit.empty() ? unit.npos : size_units.find(unit.front());
  const std::string_view rest = unit.substr(std::min<std::size_t>(1, unit.size()));
  if (power == size_units.npos || (!rest.empty() && rest != "b" && rest != "i" && rest != "ib")) {
    return std::nullopt;
  }
  return std::uint64_t{1} << (10 * (power + 1));
}

std::string unit_names() {
  std::vector<std::string> names = {"b"};
  for (const char unit : size_units) {
    for (const char* rest : {"", "b", "i", "ib"}) names.push_back(unit + std::string(rest));
  }
  std::sort(names.begin(), names.end());
  return braced(names);
}

/// "1.5" and the like are no sizes. Returns what is wrong, "" if nothing.
std::string parse_size(const std::string& text, std::uint64_t& bytes) {
  const std::string given = trimmed(text);
  if (given.empty()) return "Input is empty";
  std::size_t digits = given.size();
  while (digits > 0 && is_letter(given[digits - 1])) --digits;
  const std::string number = trimmed(given.substr(0, digits));
  std::string unit = given.substr(digits);
  std::transform(unit.begin(), unit.end(), unit.begin(), ascii_lower);
  const std::optional<std::uint64_t> factor = unit.empty() ? 1 : factor_of(unit);
  if (!factor) {
    return fmt::format("{} unit not recognized. Allowed values: {}", unit, unit_names());
  }
  char* end = nullptr;
  const std::uint64_t count = number.empty() ? 1 : std::strtoull(number.c_str(), &end, 0);
  if (!number.empty() && end != number.c_str() + number.size()) {
    return fmt::format("Value {} could not be converted to UINT", number);
  }
  if (count > UINT64_MAX / *factor) {
    return fmt::format("{} multiplied by {} factor would cause number overflow. Use smaller value.",
                       count, unit);
  }
  bytes = count * *factor;
  return "";
}

/// How a value is checked, and what the help says of it; no check where any text will do.
struct Check {
  std::function<std::string(const std::string& text)> problem;
  std::string shown;
};

std::optional<Check> check_of(const Flag& flag) {
  if (flag.check) return Check{flag.check, ""};
  if (const auto* number = std::get_if<Number>(&flag.value)) {
    const auto in_range = [least = number->least, most = number->most](const std::string& text) {
      const std::optional<std::int64_t> value = to_number(text);
      if (value && *value >= least && *value <= most) return std::string();
      return fmt::format("Value {} not in range {} to {}", text, least, most);
    };
    return Check{in_range, fmt::format("INT in [{} - {}]", number->least, number->most)};
  }
  if (std::holds_alternative<Size>(flag.value)) {
    const auto is_size = [](const std::string& text) {
      std::uint64_t bytes = 0;
      return parse_size(text, bytes);
    };
    return Check{is_size, "SIZE [b, kb(=1024b), ...]"};
  }
  if (const auto* choice = std::get_if<Choice>(&flag.value)) {
    const auto is_one = [names = choice->names](const std::string& text) {
      if (std::find(names.begin(), names.end(), text) != names.end()) return std::string();
      return fmt::format("{} not in {}", text, braced(names));
    };
    return Check{is_one, braced(choice->names)};
  }
  return std::nullopt;
}

/// Stores what was given, one text or (of a repeatable flag) several, which check_of() has passed.
void store(const Value& value, const std::vector<std::string>& given) {
  const std::string& text = given.front();
  std::visit(Overloaded{[&](const Number& n) { *n.value = static_cast<int>(*to_number(text)); },
                        [&](const Size& size) { parse_size(text, *size.bytes); },
                        [&](const Choice& choice) {
                          const auto found =
                              std::find(choice.names.begin(), choice.names.end(), text);
                          choice.set(static_cast<std::size_t>(found - choice.names.begin()));
                        },
                        [&](std::string* slot) { *slot = text; },
                        [&](std::optional<std::string>* slot) { *slot = text; },
                        [&](std::vector<std::string>* slot) { *slot = given; },
                        [&](bool* slot) { *slot = text == "true"; }, [](Ask) {}},
             value);
}

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ","));
}

CLI::Option* add_valued(CLI::App& app, const Flag& flag) {
  const auto take = [value = flag.value](const CLI::results_t& given) {
    store(value, given);
    return true;
  };
  CLI::Option* option = app.add_option(joined(flag.names), take, flag.help);
  option->type_name(flag.is_positional() ? "TEXT" : flag.value_name);
  option->default_str(flag.shown_default);
  option->required(flag.required);
  if (flag.is_repeatable()) {
    option->expected(CLI::detail::expected_max_vector_size);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    if (!flag.is_positional()) {
      option->expected(1);
      option->allow_extra_args(false);  // what follows the value is no second one but a target
    }
  }
  if (const std::optional<Check> check = check_of(flag)) {
    const auto problem = [check](const std::string& text) { return check->problem(text); };
    option->check(CLI::Validator(problem, check->shown));
  }
  return option;
}

/// The option of each flag.
using Options = std::vector<std::pair<const CLI::Option*, const Flag*>>;

void add_flag(CLI::App& app, const Flag& flag, Options& options) {
  CLI::Option* option = nullptr;
  if (const Ask* ask = std::get_if<Ask>(&flag.value)) {
    option = *ask == Ask::help ? app.set_help_flag(joined(flag.names), flag.help)
                               : app.set_version_flag(joined(flag.names), "", flag.help);
  } else if (bool* const* slot = std::get_if<bool*>(&flag.value)) {
    option = app.add_flag(joined(flag.names), **slot, flag.help);
  } else {
    option = add_valued(app, flag);
  }
  if (flag.hidden) option->group("");
  options.emplace_back(option, &flag);
}

void add_command(CLI::App& app, const Command& command, Options& options) {
  for (const Flag& flag : command.flags) add_flag(app, flag, options);
  for (const Command& inner : command.commands) {
    add_command(*app.add_subcommand(inner.name, inner.summary), inner, options);
  }
  if (!command.commands.empty()) app.require_subcommand(1);
}

const Command* find_command(const Command& command, std::string_view name) {
  const auto found = std::find_if(command.commands.begin(), command.commands.end(),
                                  [&](const Command& inner) { return inner.name == name; });
  return found == command.commands.end() ? nullptr : &*found;
}

/// A mistyped command must not be reported as a missing one.
void refuse_unknown_command(const Command& program, const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front().starts_with('-')) return;
  if (find_command(program, arguments.front()) != nullptr) return;
  std::vector<std::string_view> known;
  for (const Command& command : program.commands) known.push_back(command.name);
  throw Error(ErrorKind::usage, fmt::format("no command '{}'{}", arguments.front(),
                                            policy::did_you_mean(arguments.front(), known)));
}

/// "help scan" asks for the same as "scan --help".
std::vector<std::string> without_help(std::vector<std::string> arguments) {
  if (arguments.empty() || arguments.front() != "help") return arguments;
  arguments.erase(arguments.begin());
  if (std::find(arguments.begin(), arguments.end(), "--help") == arguments.end()) {
    arguments.emplace_back("--help");
  }
  return arguments;
}

const Flag* find_general(const Command& program, const std::string& name) {
  const auto found = std::find_if(program.flags.begin(), program.flags.end(), [&](const Flag& f) {
    return f.is_general() && std::find(f.names.begin(), f.names.end(), name) != f.names.end();
  });
  return found == program.flags.end() ? nullptr : &*found;
}

/// Takes the flags that stand before the command off the front, with their values.
std::vector<std::string> take_general(const Command& program, std::vector<std::string>& arguments) {
  auto end = arguments.begin();
  while (end != arguments.end()) {
    const std::size_t equals = end->find('=');
    const Flag* flag = find_general(program, end->substr(0, equals));
    if (flag == nullptr) break;
    ++end;
    const bool value_follows = !flag->value_name.empty() && equals == std::string::npos;
    if (value_follows && end != arguments.end()) ++end;
  }
  std::vector<std::string> taken(arguments.begin(), end);
  arguments.erase(arguments.begin(), end);
  return taken;
}

/// "-v scan x" means the same as "scan -v x".
std::vector<std::string> in_usual_order(const Command& program,
                                        const std::vector<std::string>& given) {
  std::vector<std::string> arguments = given;
  const std::vector<std::string> general = take_general(program, arguments);
  arguments = without_help(std::move(arguments));
  refuse_unknown_command(program, arguments);
  const bool is_command = !arguments.empty() && !arguments.front().starts_with('-');
  arguments.insert(arguments.begin() + (is_command ? 1 : 0), general.begin(), general.end());
  return arguments;
}

/// The commands that were named, from the program on.
std::vector<const Command*> path_in(const CLI::App& app, const Command& program) {
  std::vector<const Command*> path = {&program};
  const CLI::App* here = &app;
  while (!here->get_subcommands().empty()) {
    here = here->get_subcommands().front();
    path.push_back(find_command(*path.back(), here->get_name()));
  }
  return path;
}

/// "goldhive scan", or "goldhive" where no command was recognised.
std::string command_line_of(const std::vector<const Command*>& path) {
  std::string line;
  for (const Command* command : path) line += (line.empty() ? "" : " ") + command->name;
  return line;
}

/// The command itself, or the first of those in it, that has a flag of that name; null if none has.
const Command* owner_of(const Command& command, const std::string& name) {
  const std::vector<std::string> names = flag_names(command);
  if (std::find(names.begin(), names.end(), name) != names.end()) return &command;
  for (const Command& inner : command.commands) {
    if (const Command* owner = owner_of(inner, name)) return owner;
  }
  return nullptr;
}

/// What is wrong with an argument that the last command of `path` does not know.
std::string unknown_argument(const CLI::App& app, const std::vector<const Command*>& path) {
  const Command& command = *path.back();
  const std::string given = app.remaining(true).front();
  const std::string name = given.substr(0, given.find('='));
  if (!name.starts_with('-')) return fmt::format("one argument too many: '{}'", given);
  if (const Command* owner = owner_of(command, name)) {
    return fmt::format("the option '{0}' goes behind the command: {1}{2} {0}", name,
                       command_line_of(path), owner == &command ? "" : " " + owner->name);
  }
  const std::vector<std::string> names = flag_names(command);
  const std::string nearest = policy::did_you_mean(name, {names.begin(), names.end()});
  return fmt::format("no option '{}'{}", name, nearest.starts_with("; did") ? nearest : "");
}

}  // namespace

const char* heading(Group group) {
  switch (group) {
    case Group::target:
      return "What to look at";
    case Group::policy:
      return "What to judge by";
    case Group::change:
      return "What to change";
    case Group::patch:
      return "How to patch";
    case Group::output:
      return "Output";
    case Group::general:
      break;
  }
  return "General";
}

Request parse(const Command& program, const std::vector<std::string>& given) {
  const std::vector<std::string> arguments = in_usual_order(program, given);
  Request request;
  CLI::App app(program.summary, program.name);
  Options options;
  add_command(app, program, options);
  const auto refuse = [&](const std::string& problem) {
    throw Error(ErrorKind::usage,
                fmt::format("{} (see {} --help)", problem, command_line_of(path_in(app, program))));
  };
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForVersion&) {
    request.ask = Ask::version;
  } catch (const CLI::Success&) {
    request.ask = Ask::help;
  } catch (const CLI::ParseError& e) {
    // Where another argument is missing as well, the one that is not known says why.
    if (!app.remaining(true).empty()) {
      refuse(unknown_argument(app, path_in(app, program)));
    }
    const std::string problem = e.what();
    refuse(problem == "A subcommand is required" ? "a command is required" : problem);
  }
  request.path = path_in(app, program);
  for (const auto& [option, flag] : options) {
    if (option->count() > 0) request.given.push_back(flag);
  }
  return request;
}

bool Request::is_given(const Flag& flag) const {
  return std::find(given.begin(), given.end(), &flag) != given.end();
}

std::string problem_of(const Flag& flag, const std::string& text) {
  const std::optional<Check> check = check_of(flag);
  return check ? check->problem(text) : "";
}

void set_standing(const Flag& flag, const std::string& text) {
  if (flag.standing_slot != nullptr) {
    *flag.standing_slot = text;
  } else {
    store(flag.value, {text});
  }
}

}  // namespace goldhive::cli
