// A user who ends the run: where it stops, what is left, and what the report says of each target.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "fixtures/recipe.h"
#include "src/cli/stop.h"
#include "tests/cli/session.h"
#include "tests/support/recording_storage.h"

namespace goldhive::tests {
namespace {

using goldhive::testing::RecordingStorage;
using nlohmann::json;

/// When the user presses Ctrl-C: after so many questions whether they did.
std::uint64_t questions_left = 0;
std::uint64_t questions_asked = 0;

bool asked() {
  ++questions_asked;
  if (questions_left == 0) return true;
  --questions_left;
  return false;
}

Outcome interrupted_after(std::uint64_t questions, Session& session,
                          const std::vector<std::string>& arguments) {
  questions_left = questions;
  questions_asked = 0;
  session.interrupted = asked;
  return session.run(arguments);
}

struct Hives {
  std::string software, system;
  bool operator==(const Hives&) const = default;
};

Hives hives(const Session& session, const std::string& tree) {
  return {session.storage.text(tree + "/SOFTWARE"), session.storage.text(tree + "/SYSTEM")};
}

/// Loose hives, quick to patch.
Session flat_trees(const std::vector<std::string>& trees) {
  Session session;
  for (const std::string& tree : trees) session.put_recipe("layout-flat", tree);
  return session;
}

bool has_leftovers(const Session& session, const std::string& folder) {
  for (const DirectoryEntry& entry : session.storage.list(folder)) {
    const std::string& name = entry.name;
    if (name.find("goldhive-") != std::string::npos && !name.ends_with(".goldhive-undo")) {
      return true;
    }
  }
  return false;
}

const std::vector<std::string> patch_a = {"patch", "a", "--no-cross-check", "-f", "json"};

}  // namespace

TEST_CASE("A target that is left when the user ends the run is listed as not begun") {
  Session session = flat_trees({"a", "b", "c"});
  // The first question comes before the first target, so nothing is begun at all.
  for (const std::string command : {"scan", "list", "plan", "verify", "patch", "undo", "recover"}) {
    INFO(command);
    const Outcome text = interrupted_after(0, session, {command, "a", "b", "c"});
    CHECK(text.code == 130);
    CHECK_THAT(text.err, Catch::Contains("interrupted: 0 of 3 targets done, 0 cut short, 3 not "
                                         "begun"));
    CHECK((text.out.find("NOT BEGUN") != std::string::npos ||
           text.out.find("not begun") != std::string::npos));
    const json report =
        interrupted_after(0, session, {command, "a", "b", "c", "-f", "json"}).json();
    CHECK(report["interrupted"] == true);
    CHECK(report["summary"]["not_begun"] == 3);
    CHECK(report["summary"]["errors"] == 0);
    REQUIRE(report["targets"].size() == 3);
    std::istringstream lines(
        interrupted_after(0, session, {command, "a", "b", "c", "-f", "jsonl"}).out);
    std::string line;
    REQUIRE(std::getline(lines, line));
    CHECK(json::parse(line)["command"] == command);
    for (const json& target : report["targets"]) {
      CHECK(target["interrupted"] == "not-begun");
      CHECK(target["status"] == "error");
      REQUIRE(std::getline(lines, line));
      CHECK(json::parse(line) == target);
    }
  }
  CHECK(session.storage.changes().empty());
}

TEST_CASE("A scan that is ended in the middle of a target gives no verdict on it") {
  Session session = flat_trees({"a", "b"});
  const Outcome outcome = interrupted_after(5, session, {"scan", "a", "b", "-f", "json"});
  CHECK(outcome.code == 130);
  const json report = outcome.json();
  REQUIRE(report["targets"].size() == 2);
  CHECK(report["targets"][0]["interrupted"] == "cut-short");
  CHECK(report["targets"][0]["installations"].empty());
  CHECK(report["targets"][1]["interrupted"] == "not-begun");
  CHECK_THAT(outcome.err, Catch::Contains("a: interrupted"));
}

TEST_CASE("A patch that the user ends leaves the old hives or the new ones, and says which") {
  Session reference = flat_trees({"a"});
  const Hives before = hives(reference, "a");
  REQUIRE(reference.run(patch_a).code != 2);
  const Hives after = hives(reference, "a");
  REQUIRE_FALSE(before == after);
  std::size_t old = 0, fresh = 0;
  bool finished = false;
  // The first two come before the target is begun.
  for (std::uint64_t questions = 2; !finished; questions += 1 + questions / 32) {
    Session session = flat_trees({"a"});
    const Outcome outcome = interrupted_after(questions, session, patch_a);
    finished = outcome.code != 130;
    const Hives left = hives(session, "a");
    INFO("ended after " << questions << " questions: " << outcome.err);
    CHECK_FALSE(has_leftovers(session, "a"));
    CHECK_FALSE(has_leftovers(session, ""));
    const json target = outcome.json()["targets"][0];
    if (left == before) {
      ++old;
      REQUIRE(outcome.code == 130);
      CHECK(target["installations"].empty());
      CHECK(target["interrupted"] == "cut-short");
      CHECK_THAT(outcome.err, Catch::Contains("nothing was done"));
    } else {
      ++fresh;
      REQUIRE(left == after);
      CHECK(target["installations"][0]["changed"] == true);
      CHECK(session.storage.has("a.goldhive-undo"));
    }
  }
  CHECK(old > 20);
  CHECK(fresh > 0);
}

TEST_CASE("A user who ends the run while a patch is being written ends it after that target") {
  static bool wanted = false;
  for (const std::string moment : {"rename_new", "open_write"}) {
    INFO("when it calls " << moment);
    Session recipe = flat_trees({"a", "b"});
    const Hives before = hives(recipe, "b");
    RecordingStorage storage(std::make_unique<MemoryStorage>(recipe.storage));
    wanted = false;
    storage.before_each([&](const RecordingStorage::Call& call, Storage&) {
      wanted = wanted || call.name == moment;
    });
    std::ostringstream out, err;
    cli::Host host{out, err, storage, storage, {}, "2026-01-31", 134143776000000000, {"", ".", ""}};
    host.interrupted = [] { return wanted; };
    const int code = cli::run({"patch", "a", "b", "-f", "json", "--no-cross-check"}, host);
    CHECK(code == 130);
    const auto& disk = static_cast<const MemoryStorage&>(storage.base());
    const json targets = json::parse(out.str())["targets"];
    CHECK(targets[1]["interrupted"] == "not-begun");
    CHECK((disk.text("b/SOFTWARE") == before.software && disk.text("b/SYSTEM") == before.system));
    const bool changed = disk.text("a/SOFTWARE") != before.software;
    // The rename makes the journal hot, and then the commit is complete; a lock is no change yet.
    CHECK(changed == (moment == "rename_new"));
    CHECK(targets[0].contains("interrupted") != changed);
    CHECK(disk.has("a.goldhive-undo") == changed);
    CHECK_FALSE(disk.has("a/goldhive-journal"));
  }
}

TEST_CASE("A patch of several trees that is ended has some of them changed and names the others") {
  Session session;
  session.put_recipe("layout-flat", "lib/a");
  session.put_recipe("layout-flat", "lib/b");
  const Hives before = hives(session, "lib/b");
  bool found = false;
  for (std::uint64_t questions = 50; !found; questions += 10) {
    Session again = session;
    const Outcome outcome =
        interrupted_after(questions, again, {"patch", "lib", "-f", "json", "--no-cross-check"});
    REQUIRE(outcome.code == 130);
    const json target = outcome.json()["targets"][0];
    if (target["installations"].empty()) continue;
    found = true;
    CHECK(target["installations"].size() == 1);
    CHECK(target["installations"][0]["id"] == "lib:/a");
    CHECK(target["installations"][0]["changed"] == true);
    CHECK_THAT(outcome.err, Catch::Contains("only a part was done") && Catch::Contains("lib:/b"));
    CHECK(hives(again, "lib/b") == before);
    again.interrupted = nullptr;
    CHECK(again.run({"undo", "lib"}).code == 0);
    CHECK(hives(again, "lib/a") == before);
  }
}

TEST_CASE("An undo that the user ends leaves the new hives or the old ones") {
  Session patched = flat_trees({"a"});
  const Hives before = hives(patched, "a");
  patched.run(patch_a);
  const Hives after = hives(patched, "a");
  bool finished = false;
  std::size_t kept = 0;
  for (std::uint64_t questions = 1; !finished; questions += 1 + questions / 32) {
    Session session = patched;
    const Outcome outcome = interrupted_after(questions, session, {"undo", "a", "-f", "json"});
    finished = outcome.code != 130;
    const Hives left = hives(session, "a");
    INFO("ended after " << questions << " questions: " << outcome.err);
    if (left == after) {
      ++kept;
      CHECK(session.storage.has("a.goldhive-undo"));
    } else {
      CHECK(left == before);
      CHECK_FALSE(session.storage.has("a.goldhive-undo"));
    }
    CHECK_FALSE(has_leftovers(session, "a"));
    session.interrupted = nullptr;
    CHECK(session.run({"undo", "a"}).code == (left == after ? 0 : 2));
  }
  CHECK(kept > 10);
}

TEST_CASE("Folders are not walked to the end when the user ends the run") {
  Session session;
  for (int i = 0; i < 9; ++i) {
    session.put_recipe("layout-flat", "lib/" + std::to_string(i) + "/x/y/win");
  }
  interrupted_after(1000, session, {"list", "lib"});
  const Outcome outcome = interrupted_after(8, session, {"list", "lib", "-f", "json"});
  CHECK(outcome.code == 130);
  CHECK(questions_asked < 20);
  CHECK_THAT(outcome.err, Catch::Contains("the folders were not walked to the end"));
  const json report = outcome.json();
  CHECK_FALSE(report["targets"].empty());
  for (const json& target : report["targets"]) CHECK(target["interrupted"] == "not-begun");
}

TEST_CASE("Once it has stopped the work lets nothing begin a change, and a change is not stopped") {
  static bool wanted = false;
  cli::Stop stop([] { return wanted; });
  CHECK_NOTHROW(stop.check());
  stop.hold();
  wanted = true;
  CHECK_NOTHROW(stop.check());
  CHECK_FALSE(stop.stopped());
  stop.release();
  CHECK_THROWS(stop.check());
  wanted = false;
  CHECK_THROWS(stop.check());
  CHECK(stop.stopped());
}

}  // namespace goldhive::tests
