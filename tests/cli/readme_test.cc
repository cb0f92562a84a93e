// Runs the session that README.md shows: goldhive must still say the same.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/session.h"
#include "tests/golden.h"

namespace goldhive::tests {
namespace {

/// A command that README.md shows, and the lines below it.
struct Shown {
  std::string command;  ///< without "$ goldhive "
  std::vector<std::string> lines;
};

/// The commands in the fenced blocks of a section.
std::vector<Shown> session_of_readme(const std::string& section) {
  std::ifstream readme(source_folder() / "README.md");
  const std::string prompt = "$ goldhive ";
  std::vector<Shown> session;
  bool in_section = false;
  bool in_block = false;
  for (std::string line; std::getline(readme, line);) {
    if (line.starts_with("## ")) {
      in_section = line == "## " + section;
    } else if (in_section && line.starts_with("```")) {
      in_block = !in_block;
    } else if (in_section && in_block && line.starts_with(prompt)) {
      session.push_back({line.substr(prompt.size()), {}});
    } else if (in_section && in_block && !session.empty()) {
      session.back().lines.push_back(line);
    }
  }
  return session;
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) parts.push_back(part);
  return parts;
}

/// The lines of `said`, with "..." for those that README.md leaves out: all up to the next line
/// that it shows.
std::vector<std::string> leave_out(const std::vector<std::string>& said,
                                   const std::vector<std::string>& shown) {
  std::vector<std::string> result;
  auto next = said.begin();
  for (std::size_t i = 0; i < shown.size() && next != said.end(); ++i) {
    if (shown[i] == "  ...") {
      result.push_back(shown[i]);
      next = i + 1 < shown.size() ? std::find(next, said.end(), shown[i + 1]) : said.end();
    } else {
      result.push_back(*next++);
    }
  }
  result.insert(result.end(), next, said.end());
  return result;
}

TEST_CASE("The session that the README shows is what goldhive says") {
  Session session;
  session.terminal.out_is_terminal = true;
  session.terminal.wants_color = false;
  session.terminal.width = 100;
  session.working = "/srv/images";
  session.put_recipe("windows-7-sp1-x64", "win7");
  const std::vector<Shown> readme = session_of_readme("A session");
  REQUIRE(readme.size() == 5);
  for (const Shown& shown : readme) {
    INFO("goldhive " << shown.command);
    const Outcome outcome = session.run(split(shown.command, ' '));
    CHECK(outcome.err.empty());
    CHECK(leave_out(split(outcome.out, '\n'), shown.lines) == shown.lines);
  }
}

}  // namespace
}  // namespace goldhive::tests
