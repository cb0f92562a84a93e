// A folder of trees is many targets: one that is refused or broken never stops its neighbours, and
// the report says of each what was done and why not.
#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "fixtures/hostile/hive_places.h"
#include "tests/cli/session.h"

namespace goldhive::tests {
namespace {

using nlohmann::json;

const std::vector<std::string> trees = {"lib/a", "lib/b", "lib/c"};

Session three_trees() {
  Session session;
  for (const std::string& tree : trees) session.put_recipe("layout-flat", tree);
  return session;
}

std::string hives(const Session& session, const std::string& tree) {
  return session.storage.text(tree + "/SOFTWARE") + session.storage.text(tree + "/SYSTEM");
}

/// A fault that no row rests on, and that an edit could make worse.
void break_structure(Session& session, const std::string& path) {
  const std::string hive = session.storage.text(path);
  Bytes bytes(hive.begin(), hive.end());
  put_u32(bytes, fixtures::HivePlaces(bytes).security("") + 8, 0x7ffffff0);
  session.storage.put(path, bytes);
}

void check_refused(const json& installation) {
  CHECK(installation["changed"] == false);
  CHECK_FALSE(installation["changes"].empty());
  CHECK(installation["refusal"]["kind"].is_string());
}

}  // namespace

TEST_CASE("One tree whose patch is refused keeps none of its neighbours from being patched") {
  for (const std::string& bad : trees) {
    INFO(bad);
    Session session = three_trees();
    break_structure(session, bad + "/SOFTWARE");
    const std::string before = hives(session, bad);
    std::map<std::string, std::string> sound;
    for (const std::string& tree : trees) sound[tree] = hives(session, tree);
    const Outcome outcome = session.run({"patch", "lib", "-f", "json"});
    CHECK(outcome.code == 2);
    const json target = outcome.json()["targets"][0];
    REQUIRE(target["installations"].size() == 3);
    CHECK(target["error"]["kind"].is_string());
    for (std::size_t i = 0; i < trees.size(); ++i) {
      const json& installation = target["installations"][i];
      if (trees[i] == bad) {
        check_refused(installation);
        CHECK(hives(session, bad) == before);
      } else {
        CHECK(installation["changed"] == true);
        CHECK_FALSE(installation.contains("refusal"));
        CHECK(hives(session, trees[i]) != sound[trees[i]]);
      }
    }
    // The undo takes back what was done, and all of it.
    CHECK(session.run({"undo", "lib"}).code == 0);
    for (const std::string& tree : trees) CHECK(hives(session, tree) == sound[tree]);
    CHECK(session.run({"undo", "lib"}).code == 2);
  }
}

TEST_CASE("The text says of each refused tree why nothing was changed") {
  Session session = three_trees();
  break_structure(session, "lib/a/SOFTWARE");
  break_structure(session, "lib/c/SYSTEM");
  const Outcome outcome = session.run({"patch", "lib"});
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.err, Catch::Contains("a/SOFTWARE") && Catch::Contains("c/SYSTEM"));
  CHECK_THAT(outcome.out, Catch::Contains("a/SOFTWARE") && Catch::Contains("c/SYSTEM"));
}

TEST_CASE("An undo of several trees puts back those that it can and names the others") {
  Session session = three_trees();
  const std::string original = hives(session, "lib/b");
  session.run({"patch", "lib"});
  // A byte that the patch wrote, and somebody else after it.
  const std::string patched = session.storage.text("lib/b/SOFTWARE");
  std::string changed = patched;
  std::size_t at = 0x1000;
  while (patched[at] == original[at]) ++at;
  changed[at] = static_cast<char>(original[at] ^ patched[at] ^ 0x55);
  session.storage.put("lib/b/SOFTWARE", changed);
  const std::string other = hives(session, "lib/b");
  const Outcome outcome = session.run({"undo", "lib", "-f", "json"});
  const json target = outcome.json()["targets"][0];
  CHECK(outcome.code == 2);
  CHECK(target["restored"].size() == 4);
  REQUIRE(target["not_restored"].size() == 1);
  CHECK_THAT(target["not_restored"][0]["path"].get<std::string>(),
             Catch::Contains("lib.goldhive-undo"));
  CHECK(hives(session, "lib/a") == original);
  CHECK(hives(session, "lib/b") == other);
  CHECK(hives(session, "lib/c") == original);
  // What is left can be taken back later, and is not mixed up with a patch that comes between.
  session.storage.put("lib/b/SOFTWARE", patched);
  session.run({"patch", "lib"});
  CHECK(session.run({"undo", "lib"}).code == 0);
  CHECK(hives(session, "lib/a") == original);
  CHECK(hives(session, "lib/b") != original);
  CHECK(session.run({"undo", "lib"}).code == 0);
  CHECK(hives(session, "lib/b") == original);
}

TEST_CASE("A tree that cannot be read keeps none of its neighbours from their verdicts") {
  for (const std::string command : {"scan", "plan", "verify", "list"}) {
    INFO(command);
    Session session = three_trees();
    session.storage.put("lib/b/SOFTWARE", std::string("regf, and nothing that follows"));
    const json target = session.run({command, "lib", "-f", "json"}).json()["targets"][0];
    if (command == "verify") {
      CHECK(target["hive_checks"].size() >= 5);
      continue;
    }
    REQUIRE(target["installations"].size() == 3);
    CHECK_FALSE(target["installations"][1]["hives"][0]["error"].is_null());
    for (const std::size_t sound : {std::size_t{0}, std::size_t{2}}) {
      CHECK(target["installations"][sound]["hives"][0]["error"].is_null());
      if (command == "plan") CHECK_FALSE(target["installations"][sound]["changes"].empty());
    }
  }
}

TEST_CASE(
    "A cut-off patch that cannot be rolled back stops neither its neighbours' recovery nor "
    "their patch") {
  Session session = three_trees();
  session.storage.put("lib/b/goldhive-journal", std::string("goldhive, but no journal"));
  const Outcome recovered = session.run({"recover", "lib", "-f", "json"});
  CHECK(recovered.code == 2);
  const json failures = recovered.json()["targets"][0]["not_restored"];
  REQUIRE_FALSE(failures.empty());
  for (const json& failure : failures) {
    CHECK_THAT(failure["path"].get<std::string>(), Catch::Contains("lib/b/"));
  }
  const std::string before = hives(session, "lib/b");
  const Outcome outcome = session.run({"patch", "lib", "-f", "json"});
  CHECK(outcome.code == 2);
  const json target = outcome.json()["targets"][0];
  REQUIRE(target["installations"].size() == 3);
  CHECK(target["installations"][0]["changed"] == true);
  CHECK(target["installations"][1]["changed"] == false);
  CHECK(target["installations"][2]["changed"] == true);
  CHECK(hives(session, "lib/b") == before);
}

TEST_CASE("recover names what it removed, and undo too") {
  Session session = three_trees();
  session.storage.put("lib/a/SOFTWARE.goldhive-journal.new",
                      std::string("goldhive, half a journal"));
  session.storage.put("lib/c/goldhive-journal.new", std::string("goldhive, half a journal"));
  const Outcome text = Session(session).run({"recover", "lib"});
  CHECK(text.code == 0);
  CHECK(text.out ==
        "lib/a/SOFTWARE.goldhive-journal.new: removed\nlib/c/goldhive-journal.new: removed\n");
  const json target = session.run({"recover", "lib", "-f", "json"}).json()["targets"][0];
  CHECK(target["removed"] ==
        json({"lib/a/SOFTWARE.goldhive-journal.new", "lib/c/goldhive-journal.new"}));
  CHECK_FALSE(session.storage.has("lib/c/goldhive-journal.new"));
  CHECK(session.run({"recover", "lib"}).out == "lib: nothing to recover\n");

  session.run({"patch", "lib/a"});
  const Outcome undo = session.run({"undo", "lib/a"});
  CHECK_THAT(undo.out, Catch::Contains("a.goldhive-undo: removed\n"));
  CHECK_FALSE(session.storage.has("lib/a.goldhive-undo"));
}

}  // namespace goldhive::tests
