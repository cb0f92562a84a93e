// WIMs through the command line: images are chosen, judged as the trees they were made from, and
// those without Windows are no error.
#include "tests/conformance/verdicts.h"
#include "tests/conformance/wim_maker.h"
#include "tests/conformance/windows_disk.h"

using namespace goldhive;
using namespace goldhive::testing;
using nlohmann::json;

namespace {

std::vector<std::string> ids_of(const json& report) {
  std::vector<std::string> ids;
  for (const json& i : report.at("targets").at(0).at("installations")) ids.push_back(i.at("id"));
  return ids;
}

}  // namespace

TEST_CASE("every image of a WIM is judged as the tree it was captured from") {
  if (!have_wim_tools()) return;
  const TempDir dir;
  const std::string wim =
      make_wim(dir, "w.wim", {"windows-7-sp1-x64", "windows-7-sp1-x64-ready", "winpe-3-x64", ""});
  const RunResult scan = run_cli({"scan", "--format", "json", wim});
  CHECK(scan.status == 1);
  const json report = scan.json();
  CHECK(ids_of(report) == std::vector<std::string>{wim + "@1", wim + "@2", wim + "@3"});
  const json& found = report.at("targets").at(0).at("installations");
  const std::vector<std::string> recipes = {"windows-7-sp1-x64", "windows-7-sp1-x64-ready",
                                            "winpe-3-x64"};
  for (std::size_t i = 0; i < recipes.size(); ++i) {
    const json tree = run_cli({"scan", "--format", "json", dir / recipes[i]}).json();
    INFO(recipes[i]);
    CHECK(without_target(found.at(i)) == verdicts(tree));
  }
  const json& target = report.at("targets").at(0);
  CHECK(target.at("format") == "wim");
  CHECK(target.at("volumes").size() == 4);
  CHECK(target.at("volumes").at(0).at("label") == "windows-7-sp1-x64");
  CHECK(target.at("volumes").at(0).at("description") == "Professional, Client, 6.1.7601");
  CHECK_THAT(target.at("notes").dump(), Catch::Contains("@4 holds no Windows: not applicable"));
}

TEST_CASE("an image of a WIM is chosen by its number or its name") {
  if (!have_wim_tools()) return;
  const TempDir dir;
  const std::string wim =
      make_wim(dir, "w.wim", {"windows-7-sp1-x64", "windows-7-sp1-x64-ready", ""});
  const auto chosen = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"scan", "--format", "json"});
    return ids_of(run_cli(arguments).json());
  };
  const std::vector<std::string> second = {wim + "@2"};
  CHECK(chosen({wim + "@2"}) == second);
  CHECK(chosen({"--image", "2", wim}) == second);
  CHECK(chosen({"--image", "2", wim + "@2"}) == second);
  CHECK(chosen({"--image", "Windows-7-SP1-x64-READY", wim}) == second);
  CHECK(chosen({"--image", "all", wim}).size() == 2);
  const std::vector<std::string> both = {wim + "@1", wim + "@2"};
  CHECK(chosen({"--image", "1-2", wim}) == both);
  CHECK(chosen({"--image", "2,1", wim}) == both);
  CHECK(chosen({"--image", "2", "--image", "1", wim}) == both);
  CHECK(chosen({"--image", "2-3", wim}) == second);
  CHECK(chosen({"--image", "1,2", wim + "@2"}) == second);

  const RunResult data = run_cli({"scan", wim + "@3"});
  CHECK(data.status == 0);
  CHECK_THAT(data.out, Catch::Contains("@3 holds no Windows"));
  const RunResult unknown = run_cli({"scan", "--image", "7", wim});
  CHECK(unknown.status == 2);
  CHECK_THAT(unknown.err, Catch::Contains("no image '7'") && Catch::Contains("@3 \"data\""));
  CHECK(run_cli({"scan", "--image", "1", wim + "@2"}).status == 2);
  CHECK(run_cli({"scan", wim + "@12"}).status == 2);
  CHECK_THAT(run_cli({"scan", "--image", "1", dir / "windows-7-sp1-x64"}).err,
             Catch::Contains("no images to choose from"));
}

TEST_CASE("a dirty hive in a WIM is recovered from the logs beside it") {
  if (!have_wim_tools()) return;
  const TempDir dir;
  struct Case {
    std::string recipe;
    std::vector<std::string> recovered;
  };
  for (const Case& c :
       {Case{"dirty-7-old-logs", {"SOFTWARE", "SYSTEM"}}, Case{"dirty-8.1-new-logs", {"SYSTEM"}}}) {
    INFO(c.recipe);
    const std::string wim = make_wim(dir, c.recipe + ".wim", {c.recipe});
    const json in_wim = verdicts(run_cli({"scan", "--format", "json", wim}).json());
    const json tree = verdicts(run_cli({"scan", "--format", "json", dir / c.recipe}).json());
    std::vector<std::string> recovered;
    for (const json& hive : in_wim.at("hives")) {
      if (hive.at("state") == "recovered") recovered.push_back(hive.at("name"));
    }
    CHECK(recovered == c.recovered);
    for (const char* part : {"hives", "findings", "status"}) {
      INFO(part);
      CHECK(in_wim.at(part) == tree.at(part));
    }
  }
}

TEST_CASE("list shows what a WIM says of itself and check reads all of it") {
  if (!have_wim_tools()) return;
  const TempDir dir;
  const std::string wim = make_wim(dir, "w.wim", {"windows-7-sp1-x64", "winpe-3-x64"});
  const RunResult list = run_cli({"list", wim});
  CHECK(list.status == 0);
  CHECK_THAT(list.out, Catch::Contains("version 0x10d00, compression LZX, GUID ") &&
                           Catch::Contains("boot image 1") &&
                           Catch::Contains("@2  \"winpe-3-x64\"  WindowsPE"));
  CHECK_THAT(run_cli({"scan", "--check", wim}).out, Catch::Contains("integrity table is right"));
  Bytes data = dir.read("w.wim");
  data[data.size() / 2] ^= 1;
  dir.write("w.wim", data);
  const RunResult broken = run_cli({"verify", "--check", wim});
  CHECK(broken.status == 2);
  CHECK_THAT(broken.err, Catch::Contains("integrity table has"));
}
