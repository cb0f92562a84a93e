#include "imgtools/disk/disk_image.h"

#include <filesystem>

#include "tests/imgtools/disk_support.h"
#include "tests/imgtools/ntfs_support.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t mib = 1 << 20;
const std::string software = "Windows/System32/config/SOFTWARE";

std::unique_ptr<Image> open_path(const std::string& path, const OpenOptions& options = {}) {
  static const auto storage = host_read_storage();
  return open_image(*storage, path, options);
}

}  // namespace

TEST_CASE("every container with every layout shows the files of its NTFS volumes") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  const Bytes data = compressible(700001);
  const std::string boot =
      make_ntfs(dir, "boot", 4 * mib, {{"bootmgr", Bytes(9, 'b')}}, {"-L", "System Reserved"});
  const std::string system = make_ntfs(dir, "system", 12 * mib, {{software, data}});
  for (const Layout layout : all_layouts) {
    const bool bare = layout == Layout::bare;
    const std::string raw = make_raw_disk(
        dir, to_string(layout), layout,
        bare ? std::vector<std::string>{system} : std::vector<std::string>{boot, system});
    for (const ContainerKind& kind : container_kinds()) {
      INFO(kind.name << " with " << to_string(layout));
      const std::string path = convert_disk(raw, kind);
      const auto image = open_path(path);
      CHECK(image->format() == kind.format);
      CHECK(image->notes().empty());
      CHECK(image->host_files().front() == path);
      const std::vector<Volume>& volumes = image->volumes();
      REQUIRE(volumes.size() == (bare ? 1 : 2));
      CHECK(volumes.back().id == (bare ? "" : ":p2"));
      CHECK(volumes.back().file_system == "ntfs");
      CHECK_FALSE(volumes.back().state.suspicious());
      REQUIRE(volumes.back().tree);
      CHECK(content(*volumes.back().tree->open(software)) == data);
      if (!bare) CHECK(volumes.front().label == "System Reserved");
      fs::remove(path);
    }
  }
}

TEST_CASE("volumes that are not NTFS are named and passed over and BitLocker says encrypted") {
  if (!have_disk_tools() || !have_tool("mkfs.fat") || !have_tool("mke2fs")) return;
  const TempDir dir;
  const auto formatted = [&](const std::string& name, std::vector<std::string> command) {
    const std::string path = dir.write(name, std::string());
    fs::resize_file(path, 4 * mib);
    command.push_back(path);
    must_run(command);
    return path;
  };
  const std::string fat = formatted("fat", {"mkfs.fat", "-F", "12"});
  const std::string ext = formatted("ext", {"mke2fs", "-q", "-F", "-t", "ext4"});
  const std::string locked = make_ntfs(dir, "locked", 4 * mib, {});
  write_at(locked, 3, Bytes{'-', 'F', 'V', 'E', '-', 'F', 'S', '-'});
  const std::string odd = dir.write("odd", std::string(4 * mib, 'x'));
  const auto image = open_path(make_raw_disk(dir, "disk", Layout::mbr, {fat, ext, locked, odd}));
  const std::vector<Volume>& volumes = image->volumes();
  REQUIRE(volumes.size() == 4);
  CHECK(volumes[0].passed_over == "FAT12");
  CHECK(volumes[1].passed_over == "ext4");
  CHECK(volumes[2].passed_over == "BitLocker");
  CHECK(volumes[2].state.encrypted);
  CHECK(volumes[3].passed_over == "an unknown file system");
  for (const Volume& v : volumes) {
    CHECK_FALSE(v.tree);
    CHECK_FALSE(v.error);
  }
}

TEST_CASE("a damaged NTFS volume is an error of that volume and the others are read") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  const std::string bad = make_ntfs(dir, "bad", 4 * mib, {});
  write_at(bad, 0x30, Bytes(8, 0x7f));
  const std::string good = make_ntfs(dir, "good", 4 * mib, {{"file", Bytes{1}}});
  const auto image = open_path(make_raw_disk(dir, "disk", Layout::gpt, {bad, good}));
  REQUIRE(image->volumes().size() == 2);
  REQUIRE(image->volumes()[0].error);
  CHECK_THAT(image->volumes()[0].error->what(), Catch::Contains("disk: partition 1"));
  CHECK(image->volumes()[1].tree);
}

TEST_CASE("a disk in a container with nothing on it is one volume that says so") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  must_run({"qemu-img", "create", "-q", "-f", "vpc", dir / "empty", "4M"});
  const auto image = open_path(dir / "empty");
  REQUIRE(image->volumes().size() == 1);
  CHECK_THAT(image->volumes()[0].passed_over, Catch::Contains("no partition table"));
}

TEST_CASE("the input format can be forced and the name of a file means nothing") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  const std::string volume = make_ntfs(dir, "v", 4 * mib, {{"file", Bytes{1}}});
  const std::string raw = make_raw_disk(dir, "disk.vhdx", Layout::bare, {volume});
  CHECK(open_path(raw)->format() == "raw");
  CHECK(error_of([&] { open_path(raw, {"vhd"}); }).kind() == ErrorKind::corrupt);
  const std::string vhd = convert_disk(raw, container_kinds()[1]);
  fs::rename(vhd, dir / "x.txt");
  CHECK(open_path(dir / "x.txt")->format() == "vhd");
  CHECK(open_path(dir / "x.txt", {"raw"})->format() == "raw");
}

TEST_CASE("a file that is no image at all is not taken for a raw disk") {
  const TempDir dir;
  CHECK(error_of([&] { open_path(dir.write("text", std::string(100000, 'x'))); }).kind() ==
        ErrorKind::unsupported);
  CHECK(error_of([&] { open_path(dir.write("zeros", Bytes(100000))); }).kind() ==
        ErrorKind::unsupported);
}
