// What undo shows, takes back and removes, and what is asked before many files are changed.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/cli/session.h"

namespace goldhive::tests {
namespace {

const std::string software_path = "/Windows/System32/config/SOFTWARE";
const std::string undo_suffix_of_tree = ".goldhive-undo";

/// Trees that are targets of their own: a folder with installations is one target with all that is
/// up to two folders below it.
const std::vector<std::string> deep = {"farm/1/x/y", "farm/2/x/y", "farm/3/x/y"};

Session with_trees(const std::vector<std::string>& trees) {
  Session session;
  for (const std::string& tree : trees) session.put_recipe("windows-7-sp1-x64", tree);
  return session;
}

std::vector<std::string> states(Session& session, const std::string& target) {
  std::vector<std::string> states;
  const nlohmann::json report = session.run({"undo", "--list", "-f", "json", target}).json();
  for (const auto& undo : report["targets"][0]["undo_files"]) states.push_back(undo["state"]);
  return states;
}

void change(Session& session, const std::string& path) {
  std::string bytes = session.storage.text(path);
  // Not where the hive and its bins begin: what is no hive is not believed to be the target.
  for (std::size_t at = 0x1080; at < bytes.size(); at += 0x100) bytes[at] ^= 1;
  session.storage.put(path, bytes);
}

TEST_CASE("undo of a folder takes back what was patched in it, and counts the rest") {
  Session session = with_trees(deep);
  const std::string before = session.storage.text(deep[0] + software_path);
  session.run({"patch", "farm/1", "farm/3"});
  const Outcome undone = session.run({"undo", "farm"});
  CHECK(undone.code == 0);
  CHECK(undone.err.empty());
  CHECK_THAT(undone.out, Catch::Contains(deep[0] + software_path + ": restored\n") &&
                             Catch::Contains(deep[2] + software_path + ": restored\n") &&
                             Catch::EndsWith("\n1 target has no undo file.\n"));
  for (const std::string& tree : deep) CHECK(session.storage.text(tree + software_path) == before);

  const Outcome none = session.run({"undo", "farm"});
  CHECK(none.code == 2);
  CHECK(none.out == "3 targets have no undo file.\n");
  CHECK_THAT(none.err, Catch::Contains("nothing to take back"));
  // Who names a target means it.
  const Outcome named = session.run({"undo", deep[0], deep[1]});
  CHECK(named.code == 2);
  CHECK_THAT(named.err, Catch::Contains("no undo file: it was not patched"));
}

TEST_CASE("undo of a tree finds what a patch of its folder left, and takes back that tree alone") {
  const std::vector<std::string> trees = {"two/a", "two/b"};
  Session session = with_trees(trees);
  const std::string before = session.storage.text(trees[0] + software_path);
  session.run({"patch", "two"});
  const std::string patched = session.storage.text(trees[0] + software_path);
  REQUIRE(patched != before);
  const Outcome first = session.run({"undo", "two/a"});
  INFO(first.out << first.err);
  CHECK(first.code == 0);
  CHECK(session.storage.text(trees[0] + software_path) == before);
  CHECK(session.storage.text(trees[1] + software_path) == patched);
  CHECK(session.run({"undo", "two/a"}).code == 2);
  CHECK(session.run({"undo", "two"}).code == 0);
  CHECK(session.storage.text(trees[1] + software_path) == before);

  // The last patch that concerns the tree comes first.
  session.run({"patch", "two"});
  session.run({"patch", "two", "-p", "tls12-only", "--control-set", "all"});
  const std::string twice = session.storage.text(trees[1] + software_path);
  CHECK(session.run({"undo", "two/b"}).code == 0);
  CHECK(session.storage.text(trees[1] + software_path) == patched);
  CHECK(session.run({"undo", "two/b"}).code == 0);
  CHECK(session.storage.text(trees[1] + software_path) == before);
  CHECK(session.storage.text(trees[0] + software_path) == twice);
}

TEST_CASE("undo --list says which undo files there are and whether each fits") {
  Session session = with_trees({"win7"});
  const std::string before = session.storage.text("win7" + software_path);
  const std::string system = "win7/Windows/System32/config/SYSTEM";
  const std::string system_before = session.storage.text(system);
  session.run({"patch", "win7"});
  session.run({"patch", "win7", "-p", "tls12-only"});
  const std::size_t changes = session.storage.changes().size();
  const Outcome listed = session.run({"undo", "--list", "win7"});
  CHECK(listed.code == 0);
  CHECK(listed.out.starts_with("win7.goldhive-undo.2  2026-02-01T"));
  CHECK_THAT(listed.out, Catch::Contains("  can be taken back\nwin7.goldhive-undo  2026-02-01T") &&
                             Catch::Contains("  6 values in 2 files  ") &&
                             Catch::EndsWith("  can be taken back after the newer one\n"));
  CHECK(states(session, "win7") == std::vector<std::string>{"fits", "in-turn"});
  const auto report = session.run({"undo", "--list", "-f", "json", "win7"}).json();
  CHECK(report["targets"][0]["undo_files"][1]["values"] == 6);
  CHECK(report["targets"][0]["undo_files"][1]["installations"] == nlohmann::json{"win7"});

  const std::string patched = session.storage.text("win7" + software_path);
  change(session, "win7" + software_path);
  CHECK(states(session, "win7") == std::vector<std::string>{"no-match", "unknown"});
  session.storage.put("win7" + software_path, before);
  session.storage.put(system, system_before);
  CHECK(states(session, "win7") == std::vector<std::string>{"no-match", "unknown"});
  session.storage.put("win7" + software_path, patched);
  session.storage.give_away("win7.goldhive-undo.2");
  const Outcome strange = session.run({"undo", "--list", "win7"});
  CHECK_THAT(strange.out, Catch::Contains("belongs to another user"));
  CHECK(session.storage.changes().size() == changes);
  const Outcome none = session.run({"undo", "--list", "no"});
  CHECK(none.code == 2);
}

TEST_CASE("list tells that a target was patched, and where its undo files are") {
  Session session = with_trees({"win7"});
  CHECK(session.run({"list", "win7"}).out.find("patched:") == std::string::npos);
  session.run({"patch", "win7"});
  CHECK_THAT(session.run({"list", "win7"}).out,
             Catch::Contains("  patched: win7.goldhive-undo  2026-02-01T") &&
                 Catch::Contains("  6 values in 2 files  "));
  const auto report = session.run({"list", "win7", "-f", "json"}).json();
  CHECK(report["targets"][0]["undo_files"][0]["state"] == "not-compared");
}

TEST_CASE("undo --dry-run says what undo does then, and writes nothing") {
  Session session = with_trees(deep);
  session.run({"patch", "farm/1", "farm/3"});
  const std::size_t changes = session.storage.changes().size();
  const Outcome dry = session.run({"undo", "--dry-run", "farm"});
  CHECK(dry.code == 0);
  CHECK(session.storage.changes().size() == changes);
  std::string told = dry.out;
  for (const char* would : {"would be restored", "would be removed"}) {
    const std::string words = would;
    for (std::size_t at = told.find(words); at != std::string::npos; at = told.find(words)) {
      told.erase(at, std::string("would be ").size());
    }
  }
  const auto json = session.run({"undo", "--dry-run", "farm", "-f", "json"}).json();
  CHECK(json["targets"][0]["dry_run"] == true);
  CHECK(json["targets"][1]["no_undo_file"] == true);
  CHECK(told == session.run({"undo", "farm"}).out);

  session.run({"patch", "farm/1"});
  change(session, deep[0] + software_path);
  const Outcome refused = session.run({"undo", "--dry-run", "farm/1"});
  CHECK(refused.code == 2);
  CHECK_THAT(refused.err, Catch::Contains("does not fit"));
  CHECK(session.run({"undo", "--dry-run", "--force", "farm/1"}).code == 0);
  CHECK(session.run({"undo", "farm/1"}).code == 2);
  CHECK(session.run({"undo", "--dry-run", "farm/2"}).code == 2);
}

TEST_CASE("undo --list and --dry-run say what stands in the way") {
  Session session = with_trees({"win7"});
  session.run({"patch", "win7"});
  const std::string other = session.storage.text("win7" + software_path) + std::string(4096, 'x');
  session.storage.put("win7" + software_path, other);
  for (const std::vector<std::string>& flags :
       {std::vector<std::string>{"--list"}, {"--dry-run"}, {"--dry-run", "--force"}, {"--force"}}) {
    INFO(flags.back());
    std::vector<std::string> words = {"undo", "win7"};
    words.insert(words.end(), flags.begin(), flags.end());
    const Outcome got = session.run(words);
    CHECK_THAT(got.out, Catch::Contains("or has grown since"));
    CHECK(got.code == (flags.front() == "--list" ? 0 : 2));
  }
  CHECK(session.storage.text("win7" + software_path) == other);
}

TEST_CASE("undo --dry-run tells that it would roll back an undo that was cut off") {
  Session session = with_trees({"win7"});
  session.run({"patch", "win7"});
  const std::string config = "win7/Windows/System32/config";
  session.storage.rename("win7" + undo_suffix_of_tree, config + "/goldhive-journal");
  const Outcome dry = session.run({"undo", "--dry-run", "win7"});
  INFO(dry.out << dry.err);
  CHECK(dry.code == 0);
  CHECK_THAT(dry.out, Catch::Contains("win7: would roll back a patch that was cut off (" + config));
  CHECK_THAT(session.run({"undo", "win7"}).out, Catch::Contains("rolled back"));
}

/// The hives of the tree, as nobody has patched them.
void put_back(Session& session, const std::string& tree) {
  const Session other = with_trees({tree});
  for (const char* name : {"SOFTWARE", "SYSTEM"}) {
    const std::string path = tree + "/Windows/System32/config/" + name;
    session.storage.put(path, other.storage.text(path));
  }
}

TEST_CASE("undo --prune removes what has nothing to put back, and nothing else") {
  Session session = with_trees({"stale", "fits", "gone", "strange", "back"});
  for (const char* tree : {"stale", "fits", "gone", "strange", "back"}) {
    session.run({"patch", tree});
    if (std::string_view(tree) == "back") continue;
    session.run({"patch", tree, "-p", "tls12-only"});
  }
  for (const char* tree : {"stale", "strange"}) change(session, tree + software_path);
  session.storage.give_away("strange.goldhive-undo");
  session.storage.give_away("strange.goldhive-undo.2");
  session.storage.remove("gone" + software_path);
  put_back(session, "back");
  const std::vector<std::string> all = {"undo", "--prune", "stale", "fits",
                                        "gone", "strange", "back"};
  const std::string removed = "back.goldhive-undo: removed\n";
  std::vector<std::string> dry = all;
  dry.emplace_back("--dry-run");
  const std::size_t changes = session.storage.changes().size();
  CHECK_THAT(session.run(dry).out, Catch::Contains("back.goldhive-undo: would be removed\n"));
  CHECK(session.storage.changes().size() == changes);
  const Outcome pruned = session.run(all);
  CHECK(pruned.out == removed);
  CHECK(pruned.code == 0);
  for (const char* tree : {"stale", "fits", "gone", "strange"}) {
    CHECK(session.storage.has(tree + undo_suffix_of_tree));
    CHECK(session.storage.has(tree + undo_suffix_of_tree + ".2"));
  }
  CHECK(session.run({"undo", "fits"}).code == 0);
  CHECK(session.run({"undo", "fits"}).code == 0);
}

TEST_CASE("undo --prune --older-than removes of these only what is so old") {
  Session session = with_trees({"old", "young", "undated"});
  session.run({"patch", "old", "--timestamp", "2026-01-11"});
  session.run({"patch", "young", "--timestamp", "2026-01-12"});
  session.run({"patch", "undated", "--timestamp", "0"});
  for (const char* tree : {"old", "young"}) put_back(session, tree);
  const auto prune = [&](const char* days, bool dry = false) {
    std::vector<std::string> arguments = {"undo", "--prune", "--older-than", days,
                                          "old",  "young",   "undated"};
    if (dry) arguments.emplace_back("--dry-run");
    return session.run(arguments).out;
  };
  CHECK(prune("21").empty());
  CHECK_THAT(prune("20", true), Catch::Contains("old.goldhive-undo: would be removed\n"));
  CHECK(prune("20") == "old.goldhive-undo: removed\n");
  CHECK_THAT(prune("19"), Catch::StartsWith("young.goldhive-undo: removed\n"));
  CHECK(prune("0").find("removed") == std::string::npos);  // it can be taken back yet
  const Outcome alone = session.run({"undo", "--older-than", "3", "undated"});
  CHECK(alone.code == 2);
  CHECK_THAT(alone.err, Catch::Contains("--prune"));
  CHECK(session.storage.has("undated.goldhive-undo"));
}

TEST_CASE("A patch of several trees names each undo file, with the values that it keeps") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "two/a");
  session.put_recipe("windows-8-x64", "two/b");
  const Outcome patched =
      session.run({"patch", "two", "--no-cross-check", "--report", "json=patch.json"});
  const nlohmann::json target =
      nlohmann::json::parse(session.storage.text("patch.json"))["targets"][0];
  const nlohmann::json& files = target["undo_files"];
  INFO(patched.out << target);
  REQUIRE(files.size() == 2);
  CHECK(target["undo"] == files[0]["path"]);
  std::size_t values = 0;
  for (const nlohmann::json& file : files) {
    const std::string path = file["path"];
    CHECK(session.storage.has(path));
    REQUIRE(file["installations"].size() == 1);
    const std::string id = file["installations"][0];
    for (const nlohmann::json& i : target["installations"]) {
      if (i["id"] == id) CHECK(file["values"] == i["changes"].size());
    }
    values += file["values"].get<std::size_t>();
    CHECK_THAT(patched.out, Catch::Contains("undo: " + path + "  " +
                                            std::to_string(file["values"].get<std::size_t>()) +
                                            " values of " + id + "\n"));
  }
  CHECK(values == 6 + 2);
  const nlohmann::json listed =
      session.run({"undo", "--list", "-f", "json", "two"}).json()["targets"][0]["undo_files"];
  REQUIRE(listed.size() == 2);
  for (std::size_t i = 0; i < listed.size(); ++i) {
    for (const char* field : {"path", "size", "made", "tool", "values", "files"}) {
      INFO(field);
      CHECK(listed[i][field] == files[i][field]);
    }
  }
}

TEST_CASE("Of a folder undo names the trees that were patched by their own names") {
  Session session = with_trees({"lab/1", "lab/2"});
  session.run({"patch", "lab/2"});
  const std::string note = "lab: patched by their own names, so an undo takes each of these by its";
  for (const char* flag : {"--list", "--dry-run", "--force"}) {
    INFO(flag);
    const Outcome got = session.run({"undo", flag, "lab"});
    CHECK_THAT(got.out + got.err, Catch::Contains("lab/2"));
    CHECK(got.code == 2);
  }
  session.run({"patch", "lab"});
  const Outcome got = session.run({"undo", "lab"});
  CHECK(got.code == 0);
  CHECK_THAT(got.out, Catch::Contains(note + " own name: lab/2\n"));
  CHECK(session.run({"undo", "lab/2"}).code == 0);
  CHECK(session.run({"undo", "lab"}).out.find("own name") == std::string::npos);
}

TEST_CASE("undo --prune keeps what a newer undo file that is not believed leads back to") {
  Session session = with_trees({"win7"});
  session.run({"patch", "win7"});
  session.run({"patch", "win7", "-p", "tls12-only"});
  session.storage.give_away("win7.goldhive-undo.2");
  put_back(session, "win7");
  CHECK(session.run({"undo", "--prune", "win7"}).out.empty());
  CHECK(session.storage.has("win7.goldhive-undo"));
}

TEST_CASE("Before undo files are removed the user is asked, where there is one") {
  for (const bool yes : {false, true}) {
    Session session = with_trees({"win7"});
    session.terminal.in_is_terminal = session.terminal.err_is_terminal = true;
    session.run({"patch", "win7"});
    put_back(session, "win7");
    const Outcome outcome = session.run({"undo", "--prune", "win7"}, yes ? "y\n" : "\n");
    CHECK_THAT(outcome.err, Catch::Contains("win7.goldhive-undo: is of no use any more\n") &&
                                Catch::Contains("Remove the undo file? [y/N] "));
    CHECK(outcome.code == (yes ? 0 : 2));
    CHECK(session.storage.has("win7.goldhive-undo") == !yes);
    CHECK(session.run({"undo", "--prune", "--yes", "win7"}).err.empty());
    CHECK_FALSE(session.storage.has("win7.goldhive-undo"));
  }
}

}  // namespace
}  // namespace goldhive::tests
