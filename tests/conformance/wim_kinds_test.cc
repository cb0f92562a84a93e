// Every kind of WIM gives the verdicts of the plain tree.
#include <algorithm>
#include <filesystem>

#include "tests/conformance/verdicts.h"
#include "tests/conformance/windows_disk.h"
#include "tests/support/rich_wim.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/// What a scan of the plain tree says; the tree is left in `dir`.
json expected_of(const TempDir& dir, const std::string& recipe) {
  const std::string tree = "tree-" + recipe;
  dir.make_directory(tree);
  fixtures::write_tree(fixtures::load_recipe(recipe), dir / tree);
  return verdicts(run_cli({"scan", "--format", "json", dir / tree}).json());
}

json scan(const std::string& target) {
  const RunResult result = run_cli({"scan", "--format", "json", target});
  INFO(result.out << result.err);
  REQUIRE_FALSE(result.out.empty());
  return result.json().at("targets").at(0);
}

}  // namespace

TEST_CASE("every image of every kind of WIM gets the verdicts of the plain tree") {
  if (!have_rich_wim_tools()) return;
  const TempDir dir;
  const std::vector<std::string> recipes = {"windows-7-sp1-x64", "windows-7-sp1-x64",
                                            "dirty-7-old-logs"};
  const std::string first = make_rich_volume(dir, "first", recipes[0]);
  const std::string second = make_rich_volume(dir, "second", recipes[2]);
  const json expected[] = {expected_of(dir, recipes[0]), expected_of(dir, recipes[0]),
                           expected_of(dir, recipes[2])};
  CHECK(expected[0].at("findings").size() > 5);
  for (const WimKind& kind : wim_kinds()) {
    INFO(kind.name);
    const std::string path = make_rich_wim(dir, "image.wim", {first, first, second}, kind);
    const json target = scan(path);
    CHECK(target.at("format") == kind.format);
    CHECK(target.at("error").is_null());
    REQUIRE(target.at("volumes").size() == 3);
    REQUIRE(target.at("installations").size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      const std::string id = "@" + std::to_string(i + 1);
      INFO(id);
      CHECK(target.at("volumes").at(i).at("id") == id);
      CHECK(target.at("volumes").at(i).at("label") == "Edition " + std::to_string(i + 1));
      const json& installation = target.at("installations").at(i);
      CHECK(installation.at("id") == path + id);
      CHECK(without_target(installation) == expected[i]);
    }
    const json one = scan(path + "@3");
    REQUIRE(one.at("installations").size() == 1);
    CHECK(without_target(one.at("installations").at(0)) == expected[2]);
    fs::remove(path);
  }
}

TEST_CASE("a split WIM is read through its parts and a missing one is named") {
  if (!have_rich_wim_tools()) return;
  const TempDir dir;
  const std::string volume = make_rich_volume(dir, "volume", "windows-7-sp1-x64");
  const json expected = expected_of(dir, "windows-7-sp1-x64");
  const std::string whole = make_rich_wim(dir, "image.wim", {volume}, wim_kind("xpress"));
  const std::vector<std::string> parts = split_wim(dir, whole, "install", 6 << 10);
  REQUIRE(parts.size() > 2);
  const json target = scan(parts[0]);
  REQUIRE(target.at("installations").size() == 1);
  CHECK(without_target(target.at("installations").at(0)) == expected);

  dir.make_directory("folder");
  const std::string folder = dir / "folder";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    fs::copy(parts[i], fs::path(folder) / fs::path(parts[i]).filename());
  }
  const json walked = run_cli({"scan", "--strict", "--format", "json", folder}).json();
  REQUIRE(walked.at("targets").size() == 1);  // the other parts go with the first
  CHECK(without_target(walked.at("targets").at(0).at("installations").at(0)) == expected);
  CHECK(walked.at("summary").at("passed_over") == 0);
  fs::rename(fs::path(folder) / "install.swm", dir / "lonely.swm");
  const json alone = run_cli({"scan", "--format", "json", folder}).json();
  REQUIRE(alone.at("targets").size() == parts.size() - 1);
  CHECK(alone.at("targets").at(0).at("error").at("kind") == "unsupported");

  fs::rename(parts[1], dir / "elsewhere");
  const RunResult incomplete = run_cli({"scan", parts[0]});
  CHECK(incomplete.status == 2);
  CHECK_THAT(incomplete.err + incomplete.out, Catch::Contains("install2.swm"));
}
