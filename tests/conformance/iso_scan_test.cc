// A Windows in the file tree of an ISO, and what an ISO refuses.
#include <algorithm>
#include <filesystem>

#include "imgtools/bytes/digest.h"
#include "tests/conformance/verdicts.h"
#include "tests/conformance/windows_disk.h"
#include "tests/support/iso_maker.h"
#include "tests/support/rich_wim.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/// ISO9660 without Joliet spells names in upper case, so only what was found is compared there.
json findings_without_words(const json& verdicts) {
  json out = json::array();
  for (const json& finding : verdicts.at("findings")) {
    out.push_back({{"id", finding.at("id")}, {"verdict", finding.at("verdict")}});
  }
  return out;
}

}  // namespace

TEST_CASE("a Windows tree in every kind of ISO gets the verdicts of the plain tree") {
  if (!have_iso_tools()) return;
  const TempDir dir;
  for (const std::string recipe : {"windows-7-sp1-x64", "dirty-7-old-logs"}) {
    dir.make_directory(recipe);
    fixtures::write_tree(fixtures::load_recipe(recipe), dir / recipe);
    const RunResult plain = run_cli({"scan", "--format", "json", dir / recipe});
    const json expected = verdicts(plain.json());
    CHECK(expected.at("findings").size() > 5);
    for (const IsoKind& kind : iso_kinds()) {
      INFO(recipe << " in " << kind.name);
      const std::string path = make_iso(dir, "image.iso", dir / recipe, kind);
      const RunResult scan = run_cli({"scan", "--format", "json", path});
      INFO(scan.out << scan.err);
      CHECK(scan.err.empty());
      CHECK(scan.status == plain.status);
      const json target = scan.json().at("targets").at(0);
      CHECK(target.at("format") == "iso");
      CHECK(target.at("installations").at(0).at("id") == path);
      if (std::string(kind.file_system) == "iso9660") {
        CHECK(findings_without_words(verdicts(scan.json())) == findings_without_words(expected));
      } else {
        CHECK(verdicts(scan.json()) == expected);
      }
      const json listed = run_cli({"list", "--format", "json", path}).json();
      const json volume = listed.at("targets").at(0).at("volumes").at(0);
      CHECK(volume.at("file_system") == kind.file_system);
      CHECK(volume.at("label") == "GOLDHIVE");
      fs::remove(path);
    }
  }
}

TEST_CASE("an ISO is not patched and says what to do instead") {
  if (!have_iso_tools()) return;
  const TempDir dir;
  dir.make_directory("tree");
  fixtures::write_tree(fixtures::load_recipe("windows-7-sp1-x64"), dir / "tree");
  const std::string path = make_iso(dir, "image.iso", dir / "tree", iso_kinds().front());
  const std::string before = to_hex(sha256(*host_read_storage()->open(path)));
  CHECK(run_cli({"plan", path}).status == 1);
  CHECK_THAT(refused_patch(path).err, Catch::Contains("cannot be changed in place") &&
                                          Catch::Contains("genisoimage -udf") &&
                                          Catch::Contains("oscdimg"));
  CHECK(to_hex(sha256(*host_read_storage()->open(path))) == before);
  CHECK(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()) == 2);
}

TEST_CASE("an ISO cut off anywhere is an error or has all that was read") {
  if (!have_iso_tools()) return;
  const TempDir dir;
  dir.make_directory("tree");
  fixtures::write_tree(fixtures::load_recipe("windows-7-sp1-x64-ready"), dir / "tree");
  for (const IsoKind& kind : iso_kinds()) {
    const std::string path = make_iso(dir, "image.iso", dir / "tree", kind);
    const RunResult whole = run_cli({"scan", "--format", "json", path});
    CHECK(whole.status == 0);
    const std::uint64_t size = fs::file_size(path);
    for (const std::uint64_t part : {7U, 6U, 5U, 4U, 3U, 2U, 1U}) {
      fs::resize_file(path, size * part / 8);
      const RunResult scan = run_cli({"scan", "--format", "json", path});
      INFO(kind.name << " cut to " << part << "/8: " << scan.out);
      CHECK((scan.status == 2 || verdicts(scan.json()) == verdicts(whole.json())));
    }
    CHECK(run_cli({"scan", path}).status == 2);
  }
}

TEST_CASE("an ISO with nothing of Windows says so") {
  if (!have_iso_tools()) return;
  const TempDir dir;
  dir.write("tree/README.TXT", std::string("nothing here"));
  const std::string path = make_iso(dir, "image.iso", dir / "tree", iso_kinds().front());
  const RunResult scan = run_cli({"scan", path});
  CHECK(scan.status == 2);
  CHECK_THAT(scan.err + scan.out, Catch::Contains("no Windows installation"));
  CHECK_THAT(run_cli({"scan", path + "/sources/install.wim@1"}).err,
             Catch::Contains("no volume or installation '/sources/install.wim@1'"));
}

namespace {

/// A scan of one target.
json scan(const std::string& target) {
  return run_cli({"scan", "--format", "json", target}).json().at("targets").at(0);
}

std::vector<std::string> ids_of(const json& target) {
  std::vector<std::string> ids;
  for (const json& each : target.at("installations")) ids.push_back(each.at("id"));
  return ids;
}

}  // namespace

TEST_CASE("the images of WIMs in every kind of ISO get the verdicts of the WIMs themselves") {
  if (!have_iso_tools() || !have_rich_wim_tools()) return;
  const TempDir dir;
  dir.write("media/README.TXT", std::string("This disc contains a UDF file system."));
  dir.make_directory("media/sources");
  const std::string first = make_rich_volume(dir, "first", "windows-7-sp1-x64");
  const std::string ready = make_rich_volume(dir, "ready", "windows-7-sp1-x64-ready");
  const std::string pe = make_rich_volume(dir, "pe", "winpe-3-x64");
  const std::string install = dir / "media/sources/install.wim";
  const std::string boot = dir / "media/sources/boot.wim";
  make_rich_wim(dir, "media/sources/install.wim", {first, ready}, wim_kind("lzx"));
  make_rich_wim(dir, "media/sources/boot.wim", {pe}, wim_kind("boot"));
  const json installs = scan(install).at("installations");
  const json boots = scan(boot).at("installations");
  for (const IsoKind& kind : iso_kinds()) {
    INFO(kind.name);
    const std::string path = make_iso(dir, "image.iso", dir / "media", kind);
    const json target = scan(path);
    CHECK(target.at("error").is_null());
    CHECK(target.at("volumes").size() == 4);
    CHECK(target.at("volumes").at(0).at("label") == "Edition 1");
    const std::vector<std::string> expected = {path + "/sources/install.wim@1",
                                               path + "/sources/install.wim@2",
                                               path + "/sources/boot.wim@1"};
    REQUIRE(ids_of(target) == expected);
    const json& found = target.at("installations");
    CHECK(without_target(found.at(0)) == without_target(installs.at(0)));
    CHECK(without_target(found.at(1)) == without_target(installs.at(1)));
    CHECK(without_target(found.at(2)) == without_target(boots.at(0)));

    CHECK(ids_of(scan(expected[1])) == std::vector<std::string>{expected[1]});
    CHECK(ids_of(scan(path + "/sources/install.wim")) ==
          std::vector<std::string>{expected[0], expected[1]});
    CHECK(run_cli({"scan", path + "/sources/install.wim@2"}).status == 0);
    CHECK(run_cli({"scan", path + "/sources/install.wim@9"}).status == 2);
    CHECK(run_cli({"scan", path + "/sources/none.wim"}).status == 2);
    const RunResult patch = run_cli({"patch", path + "/sources/install.wim@1"});
    CHECK(patch.status == 2);
    CHECK_THAT(patch.err, Catch::Contains("patch the folder's sources/install.wim"));
    fs::remove(path);
  }
}

TEST_CASE("an ESD and a split WIM in an ISO are read through what lies beside them") {
  if (!have_iso_tools() || !have_rich_wim_tools()) return;
  const TempDir dir;
  dir.make_directory("esd/x64/sources");
  dir.make_directory("swm/sources");
  const std::string volume = make_rich_volume(dir, "volume", "windows-7-sp1-x64");
  make_rich_wim(dir, "esd/x64/sources/install.esd", {volume}, wim_kind("solid"));
  const std::string whole = make_rich_wim(dir, "whole.wim", {volume}, wim_kind("xpress"));
  REQUIRE(split_wim(dir, whole, "swm/sources/install", 6 << 10).size() > 2);
  const json expected = without_target(scan(whole).at("installations").at(0));
  for (const IsoKind& kind : iso_kinds()) {
    INFO(kind.name);
    const std::string esd = make_iso(dir, "esd.iso", dir / "esd", kind);
    REQUIRE(ids_of(scan(esd)) == std::vector<std::string>{esd + "/x64/sources/install.esd@1"});
    CHECK(without_target(scan(esd).at("installations").at(0)) == expected);
    const std::string swm = make_iso(dir, "swm.iso", dir / "swm", kind);
    REQUIRE(ids_of(scan(swm)) == std::vector<std::string>{swm + "/sources/install.swm@1"});
    CHECK(without_target(scan(swm).at("installations").at(0)) == expected);
  }
  fs::remove(dir / "swm/sources/install2.swm");
  const json target = scan(make_iso(dir, "swm.iso", dir / "swm", iso_kinds().front()));
  CHECK_THAT(target.at("error").dump(), Catch::Contains("install2.swm"));
}

TEST_CASE("a broken WIM in an ISO does not hide the others and makes the target undetermined") {
  if (!have_iso_tools() || !have_rich_wim_tools()) return;
  const TempDir dir;
  dir.make_directory("media/sources");
  const std::string ready = make_rich_volume(dir, "ready", "windows-7-sp1-x64-ready");
  make_rich_wim(dir, "media/sources/install.wim", {ready}, wim_kind("lzx"));
  dir.write("media/sources/boot.wim", std::string(4096, 'x'));
  const std::string path = make_iso(dir, "image.iso", dir / "media", iso_kinds().front());
  const RunResult result = run_cli({"scan", "--format", "json", path});
  CHECK(result.status == 2);
  const json target = result.json().at("targets").at(0);
  CHECK(ids_of(target) == std::vector<std::string>{path + "/sources/install.wim@1"});
  CHECK_THAT(target.at("error").dump(), Catch::Contains("/sources/boot.wim"));
  CHECK(run_cli({"scan", path + "/sources/install.wim@1"}).status == 0);
}
