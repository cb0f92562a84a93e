// A folder of targets of every format, some of them broken: the right verdict for each, whatever
// else lies beside it, and the same report for any number of jobs.
#include <filesystem>
#include <map>

#include "tests/conformance/archive_maker.h"
#include "tests/conformance/verdicts.h"
#include "tests/conformance/windows_disk.h"
#include "tests/support/iso_maker.h"
#include "tests/support/libraries.h"
#include "tests/support/rich_wim.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

const std::string ready = "windows-7-sp1-x64-ready";
const std::string untouched = "windows-7-sp1-x64";

/// What is known of one target before it is scanned.
struct Expected {
  std::string status;
  std::string recipe;  ///< whose rows it must have; "" where it is broken
};

class Folder {
 public:
  Folder() {
    dir_.make_directory("many");
    for (const std::string& recipe : {ready, untouched}) put_tree(dir_, recipe, "tree-" + recipe);
  }

  std::string path() const { return dir_ / "many"; }
  const TempDir& dir() const { return dir_; }
  std::string tree(const std::string& recipe) const { return dir_ / ("tree-" + recipe); }

  /// Copies `source`, and the files that belong to it, into a folder of its own, and returns the
  /// path of the copy. The folder is deep: a folder with installations is one target with all that
  /// is up to two folders below it.
  std::string add(const std::string& source, const Expected& expected) {
    const std::string number = std::to_string(100 + expected_.size());
    const fs::path folder = fs::path(path()) / number / "a" / "b" / "c";
    fs::create_directories(folder);
    const fs::path copy = folder / fs::path(source).filename();
    fs::copy(source, copy, fs::copy_options::recursive);
    if (copy.extension().string().starts_with(".vmdk")) take_extents(source, folder);
    expected_[number] = expected;
    return copy.string();
  }

  /// "disk.vmdk" has its data in "disk-flat.vmdk", or "disk-s001.vmdk", ...
  static void take_extents(const fs::path& source, const fs::path& folder) {
    std::vector<fs::path> extents;
    for (const auto& other : fs::directory_iterator(source.parent_path())) {
      const std::string name = other.path().filename().string();
      if (name.starts_with(source.stem().string() + "-") &&
          other.path().extension() == source.extension()) {
        extents.push_back(other.path());
      }
    }
    for (const fs::path& extent : extents) fs::rename(extent, folder / extent.filename());
  }

  void add_good(const std::string& source, const std::string& recipe) {
    add(source, {recipe == ready ? "compliant" : "findings", recipe});
  }

  void add_trees_and_archives(const std::string& recipe) {
    add_good(tree(recipe), recipe);
    for (const ArchiveKind& kind : archive_kinds()) {
      const std::string path = make_archive(dir_, "tree-" + recipe, kind);
      if (!path.empty()) add_good(path, recipe);
    }
  }

  void add_disks(const std::string& recipe) {
    if (!have_disk_tools() || !have_tool("qemu-nbd")) return;
    const std::string raw = make_windows_disk(dir_, "disk-" + recipe, Layout::gpt, recipe);
    for (const ContainerKind& kind : container_kinds()) {
      const std::string format = kind.format;
      const bool ours = format == "raw" || format == "vhd" || format == "vhdx";
      if (!ours && !have_library("libnbd")) continue;
      const std::string path = convert_disk(raw, kind);
      add_good(path, recipe);
      fs::remove(path);
    }
  }

  void add_wims(const std::string& recipe) {
    if (!have_rich_wim_tools()) return;
    const std::string volume = make_rich_volume(dir_, "volume", recipe);
    for (const WimKind& kind : wim_kinds()) {
      const std::string path = make_rich_wim(dir_, kind.name, {volume}, kind);
      add_good(path, recipe);
      if (kind.name == std::string("xpress")) add_discs(path, recipe);
      fs::remove(path);
    }
  }

  void add_discs(const std::string& wim, const std::string& recipe) {
    if (!have_iso_tools()) return;
    const std::string sources = "media/sources";
    dir_.make_directory(sources);
    fs::copy_file(wim, dir_ / (sources + "/install.wim"));
    for (const IsoKind& kind : iso_kinds()) {
      const std::string path =
          make_iso(dir_, std::string(kind.name) + ".iso", dir_ / "media", kind);
      add_good(path, recipe);
      fs::remove(path);
    }
    fs::remove_all(dir_ / "media");
  }

  /// Every archive of those above cut in half, and trees whose hives are damaged in several ways.
  void add_broken() {
    for (const ArchiveKind& kind : archive_kinds()) {
      const std::string path = make_archive(dir_, "tree-" + ready, kind);
      if (path.empty()) continue;
      const std::string copy = add(path, {"error", ""});
      fs::resize_file(copy, fs::file_size(copy) / 2);
    }
    const std::string software = "/Windows/System32/config/SOFTWARE";
    const Expected open_question = {"undetermined", ""};
    fs::resize_file(add(tree(ready), open_question) + software, 4100);
    write_at(add(tree(ready), open_question) + software, 4096 + 36, {'x', 'x'});
    fs::resize_file(add(tree(ready), open_question) + software, 0);
    fs::remove(add(tree(ready), open_question) + software);
  }

  void require_right(const json& report) const {
    std::map<std::string, Expected> left = expected_;
    for (const json& target : report.at("targets")) {
      const std::string name = target.at("path").get<std::string>();
      const std::string number = name.substr(path().size() + 1, 3);
      INFO(target.at("path") << ": " << target.at("error"));
      REQUIRE(left.count(number) == 1);
      const Expected expected = left.at(number);
      left.erase(number);
      CHECK(target.at("status") == expected.status);
      if (expected.recipe.empty()) continue;
      REQUIRE(target.at("installations").size() == 1);
      CHECK(without_target(target.at("installations").at(0)).at("findings") ==
            plain_.at(expected.recipe));
    }
    CHECK(left.empty());
  }

  void judge_plain_trees() {
    for (const std::string& recipe : {ready, untouched}) {
      const json plain = run_cli({"scan", "-f", "json", tree(recipe)}).json();
      plain_[recipe] = verdicts(plain).at("findings");
      CHECK(plain_[recipe].size() > 5);
    }
  }

  std::size_t size() const { return expected_.size(); }

 private:
  TempDir dir_;
  std::map<std::string, Expected> expected_;
  std::map<std::string, json> plain_;
};

}  // namespace

TEST_CASE("each of many targets in a folder gets its verdict for any number of jobs") {
  Folder folder;
  folder.judge_plain_trees();
  for (const std::string& recipe : {ready, untouched}) {
    folder.add_trees_and_archives(recipe);
    folder.add_disks(recipe);
    folder.add_wims(recipe);
  }
  folder.add_broken();
  CHECK(folder.size() > 10);
  const RunResult one = run_cli({"scan", folder.path(), "-f", "json", "-j", "1"});
  CHECK(one.status == 2);
  folder.require_right(one.json());
  for (const std::string jobs : {"2", "7"}) {
    const RunResult many = run_cli({"scan", folder.path(), "-f", "json", "-j", jobs});
    CHECK(many.status == one.status);
    CHECK(many.out == one.out);
    CHECK(many.err == one.err);
  }
}
