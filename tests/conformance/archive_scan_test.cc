// Scanning archives through the command line: every kind gets the verdicts of the plain tree,
// wherever in it Windows lies, and images inside archives are opened.
#include <filesystem>

#include "fixtures/vhd_builder.h"
#include "tests/conformance/archive_maker.h"

using namespace goldhive::testing;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/// The installations of a report, without what names the target.
json verdicts(const RunResult& scan) {
  const json target = scan.json().at("targets").at(0);
  json installations = target.at("installations");
  for (json& each : installations) each.erase("id");
  const std::string path = target.at("path");
  std::string text = installations.dump();
  for (std::size_t at = 0; (at = text.find(path, at)) != std::string::npos;) {
    const std::size_t separator = text.substr(at + path.size(), 2) == ": " ? 2 : 1;
    text.erase(at, path.size() + separator);
  }
  return json::parse(text);
}

/// What two scans see differently; "[]" is nothing.
std::string difference(const RunResult& a, const RunResult& b) {
  return json::diff(verdicts(a), verdicts(b)).dump();
}

json target_of(const RunResult& scan) { return scan.json().at("targets").at(0); }

RunResult scan_json(const std::string& path) { return run_cli({"scan", "--format", "json", path}); }

}  // namespace

TEST_CASE("every kind of archive gets the verdicts of the plain tree") {
  const TempDir dir;
  for (const std::string recipe :
       {"windows-7-sp1-x64", "windows-7-sp1-x64-ready", "dirty-7-old-logs", "layout-windows-old"}) {
    put_tree(dir, recipe, recipe);
    const RunResult plain = scan_json(dir / recipe);
    for (const ArchiveKind& kind : archive_kinds()) {
      const std::string path = make_archive(dir, recipe, kind);
      if (path.empty()) continue;
      INFO(recipe << " in " << kind.name);
      const RunResult scan = scan_json(path);
      CHECK(scan.err.empty());
      CHECK(scan.status == plain.status);
      CHECK(target_of(scan).at("format") == kind.format);
      CHECK(difference(scan, plain) == "[]");
      CHECK(target_of(scan).at("notes").empty());
      fs::remove(path);
    }
  }
}

TEST_CASE("loose hives of every layout are found in archives as in trees") {
  const TempDir dir;
  for (const std::string recipe : {"layout-flat", "layout-software-alone", "layout-regback",
                                   "layout-lower-case", "layout-winnt", "hives-of-all-kinds"}) {
    put_tree(dir, recipe, recipe);
    const RunResult plain = scan_json(dir / recipe);
    for (const char* kind : {"gnu.tar", "tar.gz", "deflated.zip"}) {
      const std::string path = make_archive(dir, recipe, kind);
      if (path.empty()) continue;
      INFO(recipe << " in " << kind);
      const RunResult scan = scan_json(path);
      CHECK(scan.status == plain.status);
      CHECK(difference(scan, plain) == "[]");
    }
  }
}

TEST_CASE("several installations at any depth of one archive are all found") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64-ready", "all/backups/2016/pc1/C");
  put_tree(dir, "windows-7-sp1-x64", "all/backups/2016/pc2/C");
  put_tree(dir, "windows-8-x64", "all/old");
  for (const char* kind : {"gnu.tar", "tar.xz", "deflated.zip", "7z", "newc.cpio"}) {
    const std::string path = make_archive(dir, "all", kind);
    if (path.empty()) continue;
    const RunResult scan = scan_json(path);
    INFO(kind << scan.out);
    const json found = target_of(scan).at("installations");
    REQUIRE(found.size() == 3);
    CHECK(found.at(0).at("id") == path + ":/old");
    CHECK(found.at(1).at("id") == path + ":/backups/2016/pc1/C");
    CHECK(found.at(1).at("status") == "compliant");
    CHECK(found.at(2).at("status") == "findings");
    CHECK(scan_json(path + ":/backups/2016/pc1/C").status == 0);
  }
}

TEST_CASE("hives under names of their own are found in an archive by their content") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64", "tree");
  dir.make_directory("loose/export");
  const fs::path config = fs::path(dir / "tree") / "Windows/System32/config";
  fs::copy(config / "SOFTWARE", dir / "loose/export/sw_2016.hiv");
  fs::copy(config / "SYSTEM", dir / "loose/export/sy_2016.hiv");
  dir.write("loose/export/readme.txt", "not a hive");
  for (const char* kind : {"pax.tar", "tar.zst", "stored.zip", "bsd.7z"}) {
    const std::string path = make_archive(dir, "loose", kind);
    if (path.empty()) continue;
    INFO(kind);
    const RunResult scan = scan_json(path);
    REQUIRE(target_of(scan).at("installations").size() == 1);
    const json hives = target_of(scan).at("installations").at(0).at("hives");
    CHECK(hives.at(0).at("path") == "export/sw_2016.hiv");
    CHECK(hives.at(1).at("path") == "export/sy_2016.hiv");
  }
}

TEST_CASE("a registry backup without the files of Windows leaves the files unknown not absent") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64-ready", "tree");
  shell(dir, "tree", "tar -cf ../config.tar Windows/System32/config");
  const RunResult scan = scan_json(dir / "config.tar");
  INFO(scan.out);
  CHECK(scan.out.find("the files of Windows are not in this source") != std::string::npos);
}

TEST_CASE("images inside archives are opened one level deep and deeper when asked") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64-ready", "tree");
  const std::string inner = make_archive(dir, "tree", "gnu.tar");
  dir.make_directory("one/images");
  fs::copy(inner, dir / "one/images/pc.tar");
  dir.write("one/notes.txt", "hello");
  for (const char* kind : {"gnu.tar", "tar.gz", "deflated.zip", "7z"}) {
    const std::string outer = make_archive(dir, "one", kind);
    if (outer.empty()) continue;
    INFO(kind);
    const RunResult scan = scan_json(outer);
    CHECK(scan.status == 0);
    CHECK(target_of(scan).at("installations").at(0).at("id") == outer + "/images/pc.tar");
    CHECK(run_cli({"scan", "--depth", "0", outer}).status == 2);
    CHECK(run_cli({"scan", outer + "/images/pc.tar"}).status == 0);
    CHECK(run_cli({"scan", outer + "/images/other.tar"}).status == 2);
    dir.make_directory("two");
    fs::copy(outer, fs::path(dir / "two") / (std::string("inner.") + kind),
             fs::copy_options::overwrite_existing);
    const std::string outmost = make_archive(dir, "two", "stored.zip");
    if (outmost.empty()) continue;
    CHECK(run_cli({"scan", outmost}).status == 2);
    const RunResult deep = run_cli({"scan", "--depth", "2", outmost});
    INFO(deep.err);
    CHECK(deep.status == 0);
    fs::remove_all(dir / "two");
  }
}

TEST_CASE("the parent of a differencing disk is found beside it in the archive") {
  const TempDir dir;
  goldhive::fixtures::VhdRecipe parent;
  parent.disk_size = 2 << 20;
  goldhive::fixtures::VhdRecipe child = parent;
  child.type = 4;
  child.id = 2;
  child.parent_id = 1;
  child.relative_path = ".\\parent.vhd";
  dir.write("in/disks/parent.vhd", goldhive::fixtures::build_vhd(parent));
  dir.write("in/disks/child.vhd", goldhive::fixtures::build_vhd(child));
  const std::string both = make_archive(dir, "in", "gnu.tar");
  const RunResult scan = run_cli({"scan", both});
  INFO(scan.out << scan.err);
  // The disks are empty, and that could be seen: both were read.
  CHECK(scan.err.find("/disks/child.vhd no partition table") != std::string::npos);
  CHECK(run_cli({"list", both}).status == 0);
  fs::remove(dir / "in/disks/parent.vhd");
  const RunResult alone = run_cli({"list", make_archive(dir, "in", "tar.gz")});
  CHECK(alone.status == 2);
  CHECK(alone.err.find("parent") != std::string::npos);
}

TEST_CASE("a file that is merely packed is opened as what it is") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64", "tree");
  shell(dir, "tree", "gzip -c Windows/System32/config/SOFTWARE > ../SOFTWARE.gz");
  const RunResult scan = scan_json(dir / "SOFTWARE.gz");
  CHECK(target_of(scan).at("installations").at(0).at("hives").at(0).at("path") == "SOFTWARE");
}

TEST_CASE("an archive is not changed by looking at it and leaves no file behind") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64", "tree");
  const std::string path = make_archive(dir, "tree", "tar.gz");
  const auto before = dir.read("tree.tar.gz");
  for (const char* command : {"scan", "list", "plan", "verify"}) run_cli({command, path});
  CHECK(dir.read("tree.tar.gz") == before);
  CHECK(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()) == 2);
}
