// --severity: what people read shows less, and what is counted and decided stays.
#include <catch2/catch.hpp>
#include <set>
#include <sstream>

#include "tests/cli/session.h"
#include "tests/support/regex.h"

namespace goldhive::tests {
namespace {

using Lines = std::multiset<std::string>;

/// The lines of a text, without its alignment.
Lines lines_of(const std::string& text) {
  std::istringstream in(testing::replace_all(text, " +", " "));
  Lines lines;
  for (std::string line; std::getline(in, line);) lines.insert(line);
  return lines;
}

Lines less(Lines all, const Lines& part) {
  for (const std::string& line : part) {
    if (const auto found = all.find(line); found != all.end()) all.erase(found);
  }
  return all;
}

/// How many rows the text says that it hides; 0 if it says nothing.
std::size_t hidden_in(const std::string& text, const std::string& level) {
  const auto found = testing::all_matches(
      text, "([0-9]+) rows? of less severity than " + level + " (is|are) hidden");
  CHECK(found.size() <= 1);
  return found.empty() ? 0 : std::stoul(found.front()[1]);
}

Session some_images() {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  session.put_recipe("windows-7-sp1-x64", "farm/a");
  session.put_recipe("windows-7-sp1-x64-ready", "farm/b");
  return session;
}

TEST_CASE("Rows below a severity are hidden and counted, and nothing else of a report changes") {
  Session session = some_images();
  std::size_t hidden_before = 0;
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"scan", "win7"},
                                             {"scan", "farm"},
                                             {"scan", "farm", "--all"},
                                             {"scan", "win7", "-v"},
                                             {"scan", "win7", "-f", "markdown"}}) {
    for (const std::string level : {"info", "low", "medium", "high", "critical"}) {
      INFO(command[1] << " " << command.back() << " " << level);
      const Outcome all = session.run(command);
      std::vector<std::string> arguments = command;
      arguments.insert(arguments.end(), {"--severity", level});
      const Outcome some = session.run(arguments);
      CHECK(some.code == all.code);
      const std::size_t hidden = hidden_in(some.out, level);
      if (level == "info") {
        CHECK(some.out == all.out);
        hidden_before = 0;
      }
      CHECK(hidden >= hidden_before);
      hidden_before = hidden;
      const Lines added = less(lines_of(some.out), lines_of(all.out));
      CHECK(added.size() == (hidden == 0 ? 0 : 1));  // what says that they are hidden
      const Lines gone = less(lines_of(all.out), lines_of(some.out));
      if (command.back() == "win7" || command.back() == "--all") CHECK(gone.size() == hidden);
      for (const std::string& line : gone) {
        INFO(line);
        for (const char* kept : {"high", "critical"}) {
          if (level == "high") CHECK_FALSE(line.ends_with(std::string(" ") + kept));
        }
      }
    }
  }
  CHECK(hidden_in(session.run({"scan", "win7", "--severity", "critical"}).out, "critical") > 2);
}

TEST_CASE("What programs read has all rows whatever severity people want to see") {
  Session session = some_images();
  for (const char* format : {"json", "jsonl", "csv", "junit", "sarif", "html"}) {
    INFO(format);
    const Outcome all = session.run({"scan", "farm", "-f", format});
    const Outcome some = session.run({"scan", "farm", "-f", format, "--severity", "critical"});
    CHECK(some.out == all.out);
    CHECK(some.code == all.code);
  }
}

TEST_CASE("The last lines and a saved report are the same with and without severity") {
  Session session = some_images();
  session.run({"scan", "farm", "-f", "jsonl", "-o", "farm.jsonl"});
  CHECK(session.run({"report", "farm.jsonl", "--severity", "high"}).out ==
        session.run({"scan", "farm", "--severity", "high"}).out);
  CHECK(session.run({"scan", "farm", "--summary", "--severity", "critical"}).out ==
        session.run({"scan", "farm", "--summary"}).out);
  const Outcome unknown = session.run({"scan", "farm", "--severity", "hihg"});
  CHECK(unknown.code == 2);
  CHECK_THAT(unknown.err, Catch::Contains("{info,low,medium,high,critical}"));
}

}  // namespace
}  // namespace goldhive::tests
