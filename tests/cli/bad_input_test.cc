// Bad targets: one clear line on stderr that names the path and the reason, an error in the JSON,
// exit code 2, and the other targets are still scanned.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "fixtures/recipe.h"
#include "tests/cli/session.h"
#include "tests/golden.h"

namespace goldhive::tests {
namespace {

using nlohmann::json;

struct Bad {
  std::string path;
  std::string kind;    ///< of the error in JSON
  std::string reason;  ///< part of the line on stderr
};

Bytes head_of_log() {
  Bytes log(1024);
  const std::string magic = "regf";
  std::copy(magic.begin(), magic.end(), log.begin());
  const std::string dirt = "DIRT";
  std::copy(dirt.begin(), dirt.end(), log.begin() + 512);
  return log;
}

/// A hive cut off behind its base block.
Bytes cut_hive() {
  Bytes hive = fixtures::load_recipe("windows-7-sp1-x64").files["Windows/System32/config/SYSTEM"];
  hive.resize(4096);
  return hive;
}

TEST_CASE("Each bad target gives one line and an error and the good one is still scanned") {
  const std::vector<Bad> bad = {
      {"no-such-path", "not-found", "no such file"},
      {"text.txt", "unsupported", ""},
      {"SYSTEM.LOG1", "unsupported", "transaction log"},
      {"empty", "unsupported", "empty"},
      {"secret", "io", "permission denied"},
      {"photos", "not-found", "no Windows installation"},
      {"broken", "corrupt", ""},
      {"good@7", "not-found", "no volume or installation '@7'"},
  };
  Session session;
  session.storage.put("text.txt", std::string("hello, I am no image"));
  session.storage.put("SYSTEM.LOG1", head_of_log());
  session.storage.put("empty", Bytes{});
  session.storage.put("secret", std::string("regf"));
  session.storage.forbid("secret");
  session.storage.put("photos/cat.jpg", std::string("meow"));
  session.storage.put("broken", cut_hive());
  session.put_recipe("windows-7-sp1-x64", "good");

  std::vector<std::string> arguments = {"scan", "--format", "json"};
  for (const Bad& b : bad) arguments.push_back(b.path);
  arguments.emplace_back("good");
  const Outcome got = session.run(arguments);
  INFO(got.err);
  CHECK(got.code == 2);

  std::istringstream lines(got.err);
  const json report = got.json();
  REQUIRE(report["targets"].size() == bad.size() + 1);
  for (std::size_t i = 0; i < bad.size(); ++i) {
    std::string line;
    REQUIRE(std::getline(lines, line));
    CHECK(line.starts_with("goldhive: " + bad[i].path));
    CHECK(line.find(bad[i].reason) != std::string::npos);
    const json& target = report["targets"][i];
    CHECK(target["path"] == bad[i].path);
    CHECK(target["status"] == "error");
    CHECK(target["error"]["kind"] == bad[i].kind);
    CHECK(target["installations"].empty());
  }
  std::string more;
  CHECK_FALSE(std::getline(lines, more));
  const json& good = report["targets"].back();
  CHECK(good["error"].is_null());
  CHECK(good["installations"].size() == 1);
  CHECK(report["summary"]["errors"] == bad.size());
  check_golden("tests/cli/golden/bad-input.err", got.err);
  check_golden("tests/cli/golden/bad-input.json", got.out);
  arguments.erase(arguments.begin() + 1, arguments.begin() + 3);
  check_golden("tests/cli/golden/bad-input.txt", session.run(arguments).out);
}

TEST_CASE("A damaged hive in a tree is named and the rest of the tree is still judged") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "tree");
  session.storage.put("tree/Windows/System32/config/SYSTEM", cut_hive());
  const Outcome got = session.run({"scan", "--format", "json", "tree"});
  CHECK(got.code == 2);
  CHECK(got.err.starts_with("goldhive: tree"));
  CHECK(got.err.find("SYSTEM") != std::string::npos);
  const json report = got.json();
  const json& found = report["targets"][0]["installations"][0];
  CHECK(found["hives"][1]["state"] == "damaged");
  CHECK(found["hives"][0]["state"] == "clean");
  CHECK(found["os"]["build"] == 7601);
}

TEST_CASE("A hive that cannot be read is not called damaged") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "tree");
  session.storage.forbid("tree/Windows/System32/config/SYSTEM");
  const Outcome got = session.run({"scan", "tree"});
  CHECK(got.code == 2);
  CHECK_THAT(got.out, Catch::Contains("SYSTEM could not be read: ") &&
                          Catch::Contains("SYSTEM: could not be read: ") &&
                          !Catch::Contains("damaged"));
}

}  // namespace
}  // namespace goldhive::tests
