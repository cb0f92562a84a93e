// A Windows that lies in an ISO as it is, and what an ISO refuses.
#include <algorithm>
#include <filesystem>

#include "imgtools/digest.h"
#include "tests/conformance/verdicts.h"
#include "tests/support/iso_maker.h"

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
  const RunResult patch = run_cli({"patch", path});
  CHECK(patch.status == 2);
  CHECK_THAT(patch.err, Catch::Contains("cannot be changed in place") &&
                            Catch::Contains("genisoimage -udf") && Catch::Contains("oscdimg"));
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
    for (const std::uint64_t part : {7, 6, 5, 4, 3, 2, 1}) {
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
