// Every recipe and test vector from end to end: exit codes and outputs of `goldhive scan`. Their
// verdicts are compared row by row in tests/policy/vectors_test.cc.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "fixtures/recipe.h"
#include "tests/cli/session.h"
#include "tests/golden.h"

namespace goldhive::tests {
namespace {

using nlohmann::json;

TEST_CASE("Every recipe ends scan with its stated exit code") {
  int stated = 0;
  for (const char* folder : fixtures::recipe_folders) {
    for (const std::string& file : fixtures::recipe_files(folder)) {
      const fixtures::Recipe recipe = fixtures::load_recipe(file);
      if (recipe.expected_exit < 0) continue;
      ++stated;
      Session session;
      session.put_recipe(file, recipe.name);
      const Outcome got = session.run({"scan", recipe.name, "--policy", recipe.policy});
      INFO(got.out);
      CHECK(got.code == recipe.expected_exit);
    }
  }
  CHECK(stated >= 30);
}

TEST_CASE(
    "The edits that a state of docs/rules.md needs are made, settle it and can be taken back") {
  int patched = 0;
  for (const std::string& file : fixtures::recipe_files("rules")) {
    const fixtures::Recipe recipe = fixtures::load_recipe(file);
    if (!recipe.expected_edits || recipe.expected_edits->empty()) continue;
    ++patched;
    CAPTURE(recipe.name);
    Session session;
    session.put_recipe(file, recipe.name);
    const auto changes = [&](const char* command) {
      const json report =
          session.run({command, recipe.name, "--policy", recipe.policy, "-f", "json"}).json();
      return report["targets"][0]["installations"][0]["changes"];
    };
    CHECK(changes("patch").size() == recipe.expected_edits->size());
    CHECK(changes("plan").empty());
    CHECK(session.run({"undo", recipe.name}).code == 0);
    CHECK(changes("plan").size() == recipe.expected_edits->size());
  }
  CHECK(patched >= 10);
}

TEST_CASE("The text of every recipe and vector is the approved one") {
  for (const char* folder : {"recipes", "vectors"}) {
    Session session;
    std::vector<std::string> arguments = {"scan", "--all"};
    for (const std::string& file : fixtures::recipe_files(folder)) {
      const fixtures::Recipe recipe = fixtures::load_recipe(file);
      session.put_recipe(file, recipe.name);
      arguments.push_back(recipe.name);
    }
    const std::string golden = std::string("tests/cli/golden/") + folder;
    check_golden(golden + ".txt", session.run(arguments).out);
    arguments.erase(arguments.begin() + 1);
    session.terminal.width = 80;
    session.terminal.out_is_terminal = true;
    check_golden(golden + ".overview.txt", session.run(arguments).out);
  }
}

TEST_CASE("The JSON of dirty and partial and old installations is the approved one") {
  Session session;
  std::vector<std::string> arguments = {"scan", "-f", "jsonl"};
  for (const char* name : {"dirty-7-no-logs", "dirty-8.1-new-logs", "layout-system-alone",
                           "layout-windows-old", "windows-xp-sp3", "19-stray-currentcontrolset"}) {
    session.put_recipe(name, name);
    arguments.emplace_back(name);
  }
  check_golden("tests/cli/golden/selected.jsonl", session.run(arguments).out);
}

}  // namespace
}  // namespace goldhive::tests
