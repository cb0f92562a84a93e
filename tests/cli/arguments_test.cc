// The command line as data: what parse() makes of a table, and what the table of goldhive holds.
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "src/cli/command.h"
#include "src/cli/help.h"
#include "tests/cli/session.h"
#include "tests/golden.h"
#include "tests/support/regex.h"

namespace goldhive::tests {
namespace {

using namespace goldhive::cli;

enum class Pace { slow, fast };

/// A command line with a flag of each kind.
struct Table {
  bool loud = false;
  int count = 3;
  std::uint64_t bytes = 0;
  Pace pace = Pace::slow;
  std::string text = "none";
  std::optional<std::string> maybe;
  std::vector<std::string> words;
  std::vector<std::string> items;
  Command program;

  Table() {
    Command work{.name = "work", .summary = "Work", .footer = "Exit code: 0."};
    work.flags = {
        {.names = {"-h", "--help"}, .help = "h", .group = Group::general, .value = Ask::help},
        {.names = {"-l", "--loud"}, .help = "l", .group = Group::output, .value = &loud},
        {.names = {"--count"},
         .value_name = "N",
         .help = "c",
         .group = Group::output,
         .value = Number{&count, 0, 100},
         .shown_default = "3"},
        {.names = {"--bytes"},
         .value_name = "SIZE",
         .help = "b",
         .group = Group::output,
         .value = Size{&bytes}},
        choice({.names = {"--pace"}, .value_name = "PACE", .help = "p", .group = Group::output},
               pace, {{"slow", Pace::slow}, {"fast", Pace::fast}}),
        {.names = {"--text"},
         .value_name = "TEXT",
         .help = "t",
         .group = Group::output,
         .value = &text,
         .check = [](const std::string& t) { return t == "bad" ? "is bad" : ""; }},
        {.names = {"--maybe"},
         .value_name = "M",
         .help = "m",
         .group = Group::output,
         .value = &maybe},
        {.names = {"--word"},
         .value_name = "W",
         .help = "w",
         .group = Group::output,
         .value = &words},
        {.names = {"--secret"},
         .help = "unseen",
         .group = Group::output,
         .value = &loud,
         .hidden = true},
        {.names = {"ITEM"}, .help = "i", .group = Group::target, .value = &items, .required = true},
    };
    work.run = [](Host&) { return 0; };
    program = {.name = "tool", .summary = "A tool"};
    program.flags = {
        {.names = {"--version"}, .help = "v", .group = Group::general, .value = Ask::version}};
    program.commands = {work};
  }

  Request parse(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "work");
    return cli::parse(program, arguments);
  }
  std::string problem(const std::vector<std::string>& arguments) {
    try {
      parse(arguments);
    } catch (const Error& e) {
      CHECK(e.kind() == ErrorKind::usage);
      return e.what();
    }
    return "";
  }
};

TEST_CASE("Flags that are not given keep what their slots hold") {
  Table t;
  const Request request = t.parse({"a", "b"});
  CHECK(&request.command() == &t.program.commands.front());
  CHECK_FALSE(request.ask);
  CHECK_FALSE(t.loud);
  CHECK(t.count == 3);
  CHECK(t.bytes == 0);
  CHECK(t.pace == Pace::slow);
  CHECK(t.text == "none");
  CHECK_FALSE(t.maybe);
  CHECK(t.words.empty());
  CHECK(t.items == std::vector<std::string>{"a", "b"});
}

TEST_CASE("The values of flags go where the table says") {
  Table t;
  t.parse({"-l", "--count", "0x10", "--bytes=2K", "--pace", "fast", "--text", "", "--maybe", "",
           "a", "--word", "x", "--word", "y,z"});
  CHECK(t.loud);
  CHECK(t.count == 16);
  CHECK(t.bytes == 2048);
  CHECK(t.pace == Pace::fast);
  CHECK(t.text.empty());
  CHECK(t.maybe == "");
  CHECK(t.words == std::vector<std::string>{"x", "y,z"});
  CHECK(t.items == std::vector<std::string>{"a"});
}

TEST_CASE("A flag that may be repeated takes one value each time") {
  Table t;
  t.parse({"--word", "x", "a", "--word", "y", "b", "--loud"});
  CHECK(t.words == std::vector<std::string>{"x", "y"});
  CHECK(t.items == std::vector<std::string>{"a", "b"});
}

TEST_CASE("A switch can be turned off again") {
  Table t;
  t.parse({"--loud", "--loud=false", "a"});
  CHECK_FALSE(t.loud);
}

TEST_CASE("Sizes have suffixes, each 1024 of the one before") {
  const std::vector<std::pair<std::string, std::uint64_t>> sizes = {
      {"0", 0},
      {"1b", 1},
      {"1k", 1024},
      {"3KiB", 3072},
      {" 1 MB ", 1 << 20},
      {"0x10K", 16384},
      {"G", 1ULL << 30},
      {"2ti", 2ULL << 40},
      {"1P", 1ULL << 50},
      {"15E", 15ULL << 60},
      {"18446744073709551615", UINT64_MAX}};
  for (const auto& [text, bytes] : sizes) {
    Table t;
    INFO(text);
    t.parse({"--bytes", text, "a"});
    CHECK(t.bytes == bytes);
  }
  for (const char* text : {"", "1.5K", "1X", "1KK", "16E", "K1", "1_K", "x"}) {
    INFO(text);
    CHECK(Table().problem({"--bytes", text, "a"}).starts_with("--bytes: "));
  }
}

TEST_CASE("A wrong value is refused by the name of its flag, and nothing is stored") {
  Table t;
  CHECK(t.problem({"--count", "101", "a"}) ==
        "--count: Value 101 not in range 0 to 100 (see tool work --help)");
  CHECK(t.problem({"--count", "99999999999999999999", "a"}).starts_with("--count: Value 9999"));
  CHECK(t.problem({"--count", "7x", "a"}).starts_with("--count: Value 7x not in range"));
  CHECK(t.count == 3);
  CHECK(t.problem({"--pace", "Fast", "a"}) ==
        "--pace: Fast not in {slow,fast} (see tool work --help)");
  CHECK(t.pace == Pace::slow);
  CHECK(t.problem({"--text", "bad", "a"}) == "--text: is bad (see tool work --help)");
  CHECK(t.text == "none");
  CHECK(t.problem({}) == "ITEM is required (see tool work --help)");
  CHECK(t.problem({"a", "--maybe", "1", "--maybe", "2"}).starts_with("--maybe: "));
  CHECK_THROWS_WITH(cli::parse(t.program, {"wrok"}), "no command 'wrok'; did you mean 'work'?");
  CHECK_THROWS_WITH(cli::parse(t.program, {}), "a command is required (see tool --help)");
}

TEST_CASE("Help and version are asked for, and help shows what is not hidden") {
  Table t;
  const Request help = t.parse({"--help"});
  REQUIRE(help.ask == Ask::help);
  std::ostringstream out;
  write_help(help.path, 60, out);
  const std::string text = out.str();
  CHECK_THAT(text, Catch::Contains("usage: tool work [OPTION]... "));
  CHECK_THAT(text, Catch::Contains("--pace PACE") && Catch::Contains("(default: slow)"));
  CHECK_THAT(text, Catch::Contains("Exit code: 0."));
  CHECK_THAT(text, !Catch::Contains("--secret"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 60);
  t.parse({"--secret", "a"});
  CHECK(t.loud);
  CHECK(cli::parse(t.program, {"--version"}).ask == Ask::version);
  CHECK(cli::parse(t.program, {"help"}).path.size() == 1);
  CHECK(cli::parse(t.program, {"help", "work"}).path == help.path);
}

TEST_CASE("What is mistyped is answered with what may have been meant") {
  Session session;
  const auto says = [&](const std::vector<std::string>& arguments, const std::string& answer) {
    const Outcome got = session.run(arguments);
    CHECK(got.code == 2);
    CHECK_THAT(got.err, Catch::Contains(answer));
  };
  says({"scna"}, "no command 'scna'; did you mean 'scan'?");
  says({"scan", "--polcy", "x"},
       "no option '--polcy'; did you mean '--policy'? (see goldhive scan");
  says({"scan", "--polcy=x"}, "no option '--polcy'; did you mean '--policy'?");
  says({"scan", "a", "-p", "basline"}, "did you mean 'baseline'?");
  says({"explain", "servicing.kb314"}, "did you mean 'servicing.kb3140245'?");
  says({"explain", "kb"}, "no check 'kb'; did you mean 'servicing.kb3140245'? (goldhive explain");
  says({"explain", "KB3140245"}, "did you mean 'servicing.kb3140245'?");
  says({"explain", "algorithms"}, "did you mean 'schannel.tls12-algorithms'?");
  says({"explain", "dotnet"},
       "did you mean 'dotnet.strong-crypto' or 'dotnet.system-default-tls'? (goldhive");
  says({"explain", "schannel"}, "no check 'schannel' (goldhive explain lists them)");
  says({"plan", "--only", "stray", "."}, "did you mean 'registry.stray-key'?");
  says({"explain", "a", "b"}, "one argument too many: 'b' (see goldhive explain --help)");
  says({"help", "scna"}, "did you mean 'scan'?");
}

TEST_CASE("What is general may stand before the command and means the same there") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  struct Case {
    std::vector<std::string> before;
    std::vector<std::string> behind;
  };
  for (const Case& c : std::vector<Case>{
           {{"-v", "scan", "win7"}, {"scan", "-v", "win7"}},
           {{"--verbose", "--color", "always", "scan", "win7"},
            {"scan", "win7", "--verbose", "--color", "always"}},
           {{"--color=always", "-v", "list", "win7"}, {"list", "win7", "-v", "--color=always"}},
           {{"-q", "scan", "win7"}, {"scan", "-q", "win7"}},
           {{"-v", "help", "scan"}, {"scan", "--help"}},
           {{"-v", "-V"}, {"--version"}},
       }) {
    const Outcome before = session.run(c.before);
    const Outcome behind = session.run(c.behind);
    INFO(c.before.front() << ": " << before.err);
    CHECK(before.code == behind.code);
    CHECK(before.out == behind.out);
    CHECK(before.err == behind.err);
  }
  CHECK(session.run({"-q", "scan", "win7"}).out.empty());
  const auto says = [&](const std::vector<std::string>& arguments, const std::string& answer) {
    const Outcome got = session.run(arguments);
    CHECK(got.code == 2);
    CHECK_THAT(got.err, Catch::Contains(answer));
  };
  says({"-v", "scna", "win7"}, "no command 'scna'; did you mean 'scan'?");
  says({"-v", "explain"}, "no option '-v'");
  says({"--color", "purple", "scan", "win7"}, "--color: purple not in");
  says({"--color", "never", "scan", "--color", "never", "win7"}, "--color: ");
  says({"--color"}, "--color");
  says({"--policy", "x", "scan", "win7"},
       "the option '--policy' goes behind the command: goldhive scan --policy");
  says({"--policy=x"}, "the option '--policy' goes behind the command: goldhive scan --policy");
  says({"--verbos", "scan", "win7"}, "no option '--verbos'; did you mean '--verbose'?");
}

TEST_CASE("Completions of every shell know all commands and all flags") {
  ConfigFlags config;
  for (const char* shell : {"bash", "zsh", "fish", "powershell"}) {
    Session session;
    const Outcome got = session.run({"completions", shell});
    CHECK(got.code == 0);
    for (const Command& command : program(config).commands) {
      INFO(shell << ": " << command.name);
      CHECK_THAT(got.out, Catch::Contains(command.name));
      for (const std::string& name : flag_names(command)) {
        const bool is_fish = std::string_view(shell) == "fish";
        const std::string shown = !is_fish                 ? name
                                  : name.starts_with("--") ? "-l " + name.substr(2)
                                                           : "-s " + name.substr(1);
        CHECK_THAT(got.out, Catch::Contains(shown));
      }
    }
  }
  CHECK(Session().run({"completions", "cmd"}).code == 2);
}

/// Calls `visit` for each command of goldhive, the inner ones too.
void for_each_command(const Command& command, const std::function<void(const Command&)>& visit) {
  visit(command);
  for (const Command& inner : command.commands) for_each_command(inner, visit);
}

TEST_CASE("Each command and each flag says what it is") {
  ConfigFlags config;
  for_each_command(program(config), [](const Command& command) {
    INFO(command.name);
    CHECK_FALSE(command.summary.empty());
    CHECK((command.run == nullptr) == !command.commands.empty());
    std::set<std::string> names;
    for (const Flag& flag : command.flags) {
      INFO(flag.names.back());
      for (const std::string& name : flag.names) CHECK(names.insert(name).second);
      CHECK_FALSE(flag.help.empty());
      CHECK((!flag.is_repeatable() || flag.shown_default.empty()));
      const bool is_switch =
          std::holds_alternative<bool*>(flag.value) || std::holds_alternative<Ask>(flag.value);
      CHECK(flag.value_name.empty() == (is_switch || flag.is_positional()));
      if (const Choice* choice = std::get_if<Choice>(&flag.value)) CHECK(choice->names.size() > 1);
    }
    CHECK(names.count("--help") == 1);
  });
}

/// The flags of each section of the manual page, without the arguments that have no dash.
std::map<std::string, std::set<std::string>> flags_of_manual() {
  std::ifstream file(source_folder() / "docs/goldhive.1");
  std::map<std::string, std::set<std::string>> sections;
  std::string section;
  bool entry = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(".SH ")) section.clear();
    if (line.starts_with(".SS ")) section = line.substr(4);
    if (entry && !section.empty()) {
      line = testing::replace_all(line, "\\\\-", "-");
      for (const testing::Match& match :
           testing::all_matches(line, "(^|[\\s\"])(--?[a-zA-Z0][a-z-]*)")) {
        sections[section].insert(match[2]);
      }
    }
    entry = line == ".TP";
  }
  return sections;
}

TEST_CASE("The sections of the manual page are the groups of the flags") {
  std::map<std::string, std::set<std::string>> groups;
  ConfigFlags config;
  for_each_command(program(config), [&](const Command& command) {
    for (const Flag& flag : command.flags) {
      if (flag.hidden || flag.is_positional()) continue;
      groups[heading(flag.group)].insert(flag.names.begin(), flag.names.end());
    }
  });
  CHECK(groups == flags_of_manual());
}

}  // namespace
}  // namespace goldhive::tests
