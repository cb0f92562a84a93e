// Questions to whoever sits at a terminal, and nobody else.
#include <catch2/catch.hpp>

#include "tests/cli/session.h"

namespace goldhive::tests {
namespace {

// Deep, so that each is a target of its own.
const std::string software = "farm/1/x/y/Windows/System32/config/SOFTWARE";

TEST_CASE("Before several images are patched the user is asked, where there is one") {
  struct Case {
    bool in, err;                        ///< is a terminal
    std::vector<std::string> arguments;  ///< after patch
    const char* answer;
    bool asked, patched;
  };
  const std::vector<Case> cases = {
      {true, true, {"farm"}, "y\n", true, true},
      {true, true, {"farm"}, "Yes\r\n", true, true},
      {true, true, {"farm"}, "n\n", true, false},
      {true, true, {"farm"}, "\n", true, false},
      {true, true, {"farm"}, "", true, false},
      {true, true, {"farm"}, "yo\n", true, false},
      {true, true, {"farm", "--yes"}, "n\n", false, true},
      {true, true, {"-y", "farm"}, "n\n", false, true},
      {true, true, {"farm/1"}, "n\n", false, true},
      {true, true, {"@list"}, "n\n", true, false},
      {true, true, {"near"}, "n\n", true, false},
      {true, true, {"-"}, "farm\n", false, true},
      {true, true, {"--dry-run", "farm"}, "n\n", false, false},
      {false, true, {"farm"}, "n\n", false, true},
      {true, false, {"farm"}, "n\n", false, true},
  };
  for (const Case& each : cases) {
    INFO(each.arguments.back() << " in " << each.in << " err " << each.err << " " << each.answer);
    Session session;
    for (const char* tree : {"farm/1/x/y", "farm/2/x/y"}) {
      session.put_recipe("windows-7-sp1-x64", tree);
    }
    // Several trees in one folder are one target.
    session.put_recipe("windows-7-sp1-x64", "near/1");
    session.put_recipe("windows-7-sp1-x64", "near/2");
    session.storage.put("list", std::string("farm/1\nfarm/2\n"));
    session.terminal.in_is_terminal = each.in;
    session.terminal.err_is_terminal = each.err;
    const std::string before = session.storage.text(software);
    std::vector<std::string> arguments = {"patch"};
    arguments.insert(arguments.end(), each.arguments.begin(), each.arguments.end());
    const Outcome outcome = session.run(arguments, each.answer);
    CHECK((outcome.err.find(" images? [y/N] ") != std::string::npos) == each.asked);
    CHECK((session.storage.text(software) != before) == each.patched);
    if (each.asked && !each.patched) {
      CHECK(outcome.code == 2);
      CHECK_THAT(outcome.err, Catch::EndsWith("goldhive: nothing was patched\n"));
      CHECK(outcome.out.empty());
    }
  }
}

}  // namespace
}  // namespace goldhive::tests
