// What holds for every check, whatever it is about.
#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "imgtools/bytes/error.h"
#include "src/policy/checks.h"
#include "tests/golden.h"

namespace goldhive::policy {
namespace {

std::string document(const std::string& name) {
  std::ifstream file(tests::source_folder() / "docs" / name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST_CASE("Each check has an id of its own, a function and a row in the documentation") {
  const std::string report = document("report.md");
  REQUIRE_FALSE(report.empty());
  std::set<std::string_view> ids;
  for (const Check& check : all_checks()) {
    INFO(check.id);
    CHECK(ids.insert(check.id).second);
    CHECK(check.run != nullptr);
    CHECK(find_check(check.id) == &check);
    CHECK(report.find("`" + std::string(check.id) + "`") != std::string::npos);
  }
}

TEST_CASE("A policy can require nothing of a check that knows no names for it") {
  CHECK_THROWS_WITH(
      parse_policy("name = \"x\"\n[require]\n\"hive.state\" = [\"clean\"]\n", "p.toml"),
      Catch::Contains("unknown key 'hive.state' in [require]"));
}

}  // namespace
}  // namespace goldhive::policy
