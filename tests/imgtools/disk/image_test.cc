#include "imgtools/disk/disk_image.h"

#include <filesystem>

#include "fixtures/vhd_builder.h"
#include "imgtools/bytes/digest.h"
#include "imgtools/change/transact.h"
#include "imgtools/change/undo.h"
#include "imgtools/disk/disk_storage.h"
#include "imgtools/formats.h"
#include "tests/imgtools/disk/disk_support.h"
#include "tests/imgtools/ntfs/ntfs_support.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t mib = 1 << 20;
const std::string software = "Windows/System32/config/SOFTWARE";

std::unique_ptr<Image> open_path(const std::string& path, const OpenOptions& options = {}) {
  static const auto storage = with_disks(host_read_storage());
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

TEST_CASE("a volume whose end is cut off is noted and not written") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  const Bytes data = compressible(5000);
  const std::string volume = make_ntfs(dir, "volume", 8 * mib, {{software, data}});
  CHECK(open_path(volume)->notes().empty());
  const std::string in_mbr = make_raw_disk(dir, "disk", Layout::mbr, {volume});
  fs::resize_file(volume, 8 * mib - 65536);
  fs::resize_file(in_mbr, 9 * mib - 65536);
  for (const std::string& path : {volume, in_mbr}) {
    INFO(path);
    const auto image = open_path(path);
    REQUIRE(image->notes().size() == 1);
    CHECK(content(*image->volumes()[0].tree->open(software)) == data);
    const Error e = error_of([&] { image->host_change(0, {{software, data.size(), {}}}); });
    CHECK(e.kind() == ErrorKind::refused);
  }
}

TEST_CASE("partitions of dynamic disks and of LVM are named by their type") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  const std::string path = make_raw_disk(dir, "disk", Layout::mbr, {dir.write("v", Bytes(mib))});
  for (const auto& [type, name] : std::vector<std::pair<std::uint8_t, std::string>>{
           {0x42, "dynamic disk"}, {0x8e, "LVM"}, {0x07, "unknown"}}) {
    write_at(path, 446 + 4, {type});
    CHECK_THAT(open_path(path)->volumes().at(0).passed_over, Catch::Contains(name));
  }
}

TEST_CASE("a file grows in every container of ours and undo gives back the same bytes") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  const Bytes data = compressible(300001);
  const Bytes other = compressible(70000);
  const std::string system =
      make_ntfs(dir, "system", 8 * mib, {{software, data}, {"other", other}});
  const FileEdit edit{
      software, data.size() + 9000, {{9, Bytes(4, 7)}, {data.size(), Bytes(9000, 8)}}};
  Bytes expected = data;
  expected.resize(edit.new_size, 8);
  std::fill_n(expected.begin() + 9, 4, std::uint8_t{7});
  const auto storage = host_storage();
  for (const Layout layout : all_layouts) {
    const std::string raw = make_raw_disk(dir, to_string(layout), layout, {system});
    for (const ContainerKind& kind : container_kinds()) {
      const std::string format = kind.format;
      if (format != "raw" && format != "vhd" && format != "vhdx") continue;
      INFO(kind.name << " with " << to_string(layout));
      const std::string path = convert_disk(raw, kind);
      const Digest before = sha256(*storage->open(path));
      const HostChange change = open_path(path)->host_change(0, {edit});
      const JournalPlace place = place_of(*storage, path, path, {});
      const std::string undo_path = transact(*storage, place, change, "", [&](const ReadStorage&) {
        const auto image = open_path(path);
        CHECK(image->notes().empty());
        CHECK(content(*image->volumes()[0].tree->open(software)) == expected);
        CHECK(content(*image->volumes()[0].tree->open("other")) == other);
      });
      if (format == "vhdx") must_run({"qemu-img", "check", "-q", "-f", "vhdx", path});
      must_run({"qemu-img", "convert", "-f", kind.qemu_format, "-O", "raw", path, dir / "out"});
      CHECK(content(*open_path(dir / "out")->volumes()[0].tree->open(software)) == expected);
      undo(*storage, place, undo_path, false);
      CHECK(sha256(*storage->open(path)) == before);
      fs::remove(path);
    }
  }
}

TEST_CASE("no file of a volume in a bad state is changed") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  Bytes session(8192);
  std::copy_n("hibr", 4, session.begin());
  const std::string path = make_ntfs(dir, "volume", 8 * mib,
                                     {{"hiberfil.sys", session}, {software, compressible(50000)}});
  const auto image = open_path(path);
  const Error e = error_of([&] { image->host_change(0, {{software, 50000, {{0, Bytes(1)}}}}); });
  CHECK(e.kind() == ErrorKind::refused);
  CHECK_THAT(e.what(), Catch::Contains("hibernated Windows"));
}

TEST_CASE("a disk of another system and an empty one may lack Windows, and say what they hold") {
  const auto mark = [](Bytes& disk, std::size_t at, const std::string& text) {
    std::copy(text.begin(), text.end(), disk.begin() + static_cast<std::ptrdiff_t>(at));
  };
  const auto partition = [](Bytes& disk, std::size_t i, std::uint8_t type) {
    disk[446 + i * 16 + 4] = type;
    disk[446 + i * 16 + 8] = static_cast<std::uint8_t>(100 * (i + 1));
    disk[446 + i * 16 + 12] = 100;
    disk[510] = 0x55;
    disk[511] = 0xaa;
  };
  Bytes empty(256 << 10);
  empty[510] = 0x55;
  empty[511] = 0xaa;
  Bytes linux_disk = empty;
  partition(linux_disk, 0, 0xef);
  partition(linux_disk, 1, 0x83);
  mark(linux_disk, 200 * 512, "XFSB");
  Bytes opaque = linux_disk;
  mark(opaque, 200 * 512, "????");
  Bytes locked = linux_disk;
  mark(locked, 200 * 512, "LUKS\xba\xbe");
  const struct {
    const Bytes& disk;
    bool may_lack;
    const char* says;  ///< in its note, or of what is passed over
  } rows[] = {{empty, true, "an empty partition table"},
              {linux_disk, true, "p2 XFS"},
              {opaque, false, "an unknown file system"},
              {locked, false, "encrypted by LUKS"}};
  const TempDir dir;
  for (const auto& row : rows) {
    INFO(row.says);
    const auto image = open_path(dir.write("disk", row.disk));
    CHECK(image->format() == "raw");
    CHECK(image->may_lack_windows() == row.may_lack);
    if (row.may_lack) {
      REQUIRE(image->notes().size() == 1);
      CHECK_THAT(image->notes().front(),
                 Catch::StartsWith("holds no Windows: ") && Catch::Contains(row.says));
    } else {
      CHECK(image->notes().empty());
      CHECK_THAT(image->volumes().back().passed_over, Catch::Contains(row.says));
      CHECK_FALSE(image->volumes().back().foreign);
    }
  }
}

TEST_CASE("a raw image that ends in the footer of some VHD names both readings") {
  // A dump of a partition, in whose last sectors a VHD was once stored.
  Bytes dump(1 << 20);
  dump[446 + 4] = 0x07;
  dump[446 + 8] = 100;
  dump[446 + 12] = 100;
  dump[510] = 0x55;
  dump[511] = 0xaa;
  const auto with_footer = [&](fixtures::VhdRecipe recipe, bool damaged) {
    const Bytes vhd = fixtures::build_vhd(recipe);
    Bytes file = dump;
    file.insert(file.end(), vhd.end() - 512, vhd.end());
    if (damaged) file[file.size() - 100] = 1;
    return file;
  };
  fixtures::VhdRecipe dynamic;
  fixtures::VhdRecipe smaller;
  smaller.type = 2;
  smaller.disk_size = 512 << 10;
  fixtures::VhdRecipe whole;
  whole.type = 2;
  whole.disk_size = dump.size();
  const struct {
    Bytes file;
    const char* says;  ///< "": a VHD like any other
  } rows[] = {{with_footer(dynamic, false), "of a dynamic or differencing disk"},
              {with_footer(smaller, false), "of a disk of 524288 bytes, and 1048576 lie before it"},
              {with_footer(whole, true), "that is damaged"},
              {with_footer(whole, false), ""}};
  const TempDir dir;
  for (const auto& row : rows) {
    INFO(row.says);
    const std::string path = dir.write("dump.001", row.file);
    if (std::string(row.says).empty()) {
      CHECK(open_path(path)->format() == "vhd");
      continue;
    }
    std::string message;
    try {
      open_path(path);
    } catch (const Error& e) {
      CHECK(e.kind() == ErrorKind::unsupported);
      message = e.message();
    }
    CHECK_THAT(message, Catch::StartsWith("begins as a raw image (with a partition table) and "
                                          "ends in the footer of a VHD ") &&
                            Catch::Contains(row.says) && Catch::Contains("--input-format raw"));
    OpenOptions raw;
    raw.input_format = "raw";
    CHECK(open_path(path, raw)->format() == "raw");
  }
}
