// Hives that have other names inside an image: hard links of NTFS, WIM and tar.
#include <catch2/catch.hpp>
#include <functional>

#include "tests/conformance/archive_maker.h"
#include "tests/conformance/wim_maker.h"
#include "tests/conformance/windows_disk.h"
#include "tests/support/digest_of.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace fs = std::filesystem;

namespace {

const std::string recipe = "windows-7-sp1-x64";
const std::string software = "Windows/System32/config/SOFTWARE";

struct Linked {
  const char* format;
  /// Makes an image of the recipe with another name of SOFTWARE; "" if a tool is missing.
  std::function<std::string(const TempDir& dir)> make;
};

std::string make_linked_tree(const TempDir& dir) {
  put_tree(dir, recipe, "tree");
  fs::create_hard_link(dir / ("tree/" + software), dir / "tree/linked");
  return dir / "tree";
}

std::string make_linked_volume(const TempDir& dir) {
  if (!have_tool("mkntfs")) return "";
  std::vector<fixtures::NtfsFile> files = files_of(recipe);
  for (fixtures::NtfsFile& file : files) {
    if (file.path == software) file.links = {"linked"};
  }
  return make_ntfs(dir, "x.raw", 16 * mib, files);
}

std::string make_linked_wim(const TempDir& dir) {
  if (!have_wim_tools()) return "";
  const std::string tree = make_linked_tree(dir);
  must_run({"wimlib-imagex", "capture", tree, dir / "x.wim"});
  return dir / "x.wim";
}

std::string make_linked_tar(const TempDir& dir) {
  make_linked_tree(dir);
  // The hive is the entry with the data, and the other name the link.
  shell(dir, "tree", "tar -cf ../x.tar ./Windows ./linked");
  return dir / "x.tar";
}

const std::vector<Linked> images = {
    {"raw", make_linked_volume}, {"wim", make_linked_wim}, {"tar", make_linked_tar}};

}  // namespace

TEST_CASE("a hive with other names in an image is patched only as the user says") {
  for (const Linked& kind : images) {
    INFO(kind.format);
    const TempDir dir;
    const std::string image = kind.make(dir);
    if (image.empty()) continue;
    const std::string before = digest_of(image);
    const std::string refusal = refused_patch(image).err;
    CHECK_THAT(refusal, Catch::Contains(software + ": has 1 more name in the image (hard links)") &&
                            Catch::Contains("--all-links changes all"));
    const RunResult broken = run_cli({"patch", "--break-links", image});
    CHECK(broken.status == 2);
    CHECK_THAT(broken.err, Catch::Contains("--break-links can only separate names of the image"));
    CHECK(digest_of(image) == before);
    const RunResult all = run_cli({"patch", "--all-links", image});
    INFO(all.err);
    CHECK(all.status == 1);
    CHECK(digest_of(image) != before);
    CHECK(run_cli({"undo", image}).status == 0);
    CHECK(digest_of(image) == before);
  }
}

TEST_CASE("names of one file in an image are told from names of others and from short names") {
  const TempDir dir;
  put_tree(dir, recipe, "tree");
  // A copy is no link, and neither is a link to another file.
  shell(dir, "tree",
        "cp Windows/System32/config/SOFTWARE copy && echo a >a && ln a b && tar -cf ../x.tar .");
  CHECK(run_cli({"patch", dir / "x.tar"}).status == 1);
  if (!have_tool("mkntfs")) return;
  std::vector<fixtures::NtfsFile> files = files_of(recipe);
  for (fixtures::NtfsFile& file : files) {
    if (file.path == software) file.short_name = "SOFTWA~1";
  }
  CHECK(run_cli({"patch", make_ntfs(dir, "x.raw", 16 * mib, files)}).status == 1);
}
