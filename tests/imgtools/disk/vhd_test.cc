#include "imgtools/disk/vhd.h"

#include <filesystem>

#include "fixtures/vhd_builder.h"
#include "tests/imgtools/disk/disk_support.h"
#include "tests/support/faulty_storage.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tools.h"

using namespace goldhive;
using namespace goldhive::testing;
using fixtures::build_vhd;
using fixtures::refresh_vhd_checksums;
using fixtures::vhd_header_at;
using fixtures::vhd_sector;
using fixtures::vhd_table_at;
using fixtures::VhdRecipe;

namespace {

const std::map<std::uint64_t, Bytes> some_sectors = {
    {0, vhd_sector(1)},   {1, vhd_sector(2)},   {7, vhd_sector(3)},   {8, vhd_sector(4)},
    {127, vhd_sector(5)}, {128, vhd_sector(6)}, {500, vhd_sector(7)}, {2046, vhd_sector(8)},
};

VhdRecipe recipe_of(std::uint32_t type) {
  VhdRecipe recipe;
  recipe.type = type;
  recipe.sectors = some_sectors;
  return recipe;
}

std::unique_ptr<VhdDisk> open_bytes(const TempDir& dir, const Bytes& file) {
  return VhdDisk::open(*host_read_storage(), dir.write("disk.vhd", file));
}

/// A parent with some sectors and a child with others, in `dir`.
VhdRecipe child_recipe() {
  VhdRecipe child;
  child.type = 4;
  child.id = 2;
  child.parent_id = 1;
  child.relative_path = ".\\parent.vhd";
  child.sectors = {{1, vhd_sector(0x21)}, {2, vhd_sector(0x22)}, {500, vhd_sector(0x23)}};
  return child;
}

Bytes child_content() {
  return plain(1 << 20, child_recipe().sectors, plain(1 << 20, some_sectors));
}

void put_be(Bytes& file, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i)
    file[at + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

}  // namespace

TEST_CASE("a VHD of every type without a parent shows the sectors written to it") {
  const TempDir dir;
  for (const std::uint32_t type : {2U, 3U}) {
    const auto disk = open_bytes(dir, build_vhd(recipe_of(type)));
    CHECK(disk->size() == 1 << 20);
    CHECK(disk->format() == "vhd");
    CHECK(disk->notes().empty());
    CHECK(disk->write_refusal().empty());
    CHECK(content(*disk) == plain(1 << 20, some_sectors));
    CHECK(reads_alike_in_pieces(*disk, 777));
  }
}

TEST_CASE("a child VHD takes each sector whose bit is 0 from its parent") {
  const TempDir dir;
  dir.write("parent.vhd", build_vhd(recipe_of(3)));
  const auto disk = open_bytes(dir, build_vhd(child_recipe()));
  CHECK(content(*disk) == child_content());
  CHECK(reads_alike_in_pieces(*disk, 1000));
  CHECK(disk->host_files() == std::vector<std::string>{dir / "disk.vhd", dir / "parent.vhd"});
}

TEST_CASE("a child VHD with a fixed parent and a grandchild read through the whole chain") {
  const TempDir dir;
  dir.write("parent.vhd", build_vhd(recipe_of(2)));
  dir.write("child.vhd", build_vhd(child_recipe()));
  VhdRecipe grandchild = child_recipe();
  grandchild.id = 3;
  grandchild.parent_id = 2;
  grandchild.relative_path = "child.vhd";
  grandchild.sectors = {{0, vhd_sector(0x31)}, {2, vhd_sector(0x32)}};
  const auto disk = open_bytes(dir, build_vhd(grandchild));
  CHECK(content(*disk) == plain(1 << 20, grandchild.sectors, child_content()));
  CHECK(disk->host_files().size() == 3);
}

TEST_CASE("a child VHD larger than its parent reads zeros behind the parent's end") {
  const TempDir dir;
  dir.write("parent.vhd", build_vhd(recipe_of(3)));
  VhdRecipe child = child_recipe();
  child.disk_size = 2 << 20;
  const auto disk = open_bytes(dir, build_vhd(child));
  CHECK(content(*disk) == plain(2 << 20, {}, child_content()));
}

TEST_CASE("the parent of a VHD is found by each kind of locator and without case") {
  const TempDir dir;
  dir.write("Parent.vhd", build_vhd(recipe_of(3)));
  const std::string absolute = dir.write("base/deep.vhd", build_vhd(recipe_of(3)));
  VhdRecipe child = child_recipe();
  child.relative_path.clear();
  SECTION("relative path with a directory") { child.relative_path = ".\\base\\deep.vhd"; }
  SECTION("relative path in another case") { child.relative_path = ".\\BASE\\Deep.VHD"; }
  SECTION("relative path of another place, the name beside the child") {
    child.relative_path = "..\\..\\templates\\PARENT.vhd";
  }
  SECTION("absolute path with a drive") { child.absolute_path = "C:\\VMs\\parent.vhd"; }
  SECTION("absolute path of this host") { child.absolute_path = absolute; }
  SECTION("file URL") {
    const std::string root = dir.path().starts_with('/') ? "" : "/";  // before a drive
    child.url = "file://localhost" + root + dir.path() + "/base/d%65ep.vhd";
  }
  SECTION("name in the header") { child.parent_name = "D:\\parent.vhd"; }
  CHECK(content(*open_bytes(dir, build_vhd(child))) == child_content());
}

TEST_CASE("a child VHD without its parent is an error that names what was looked for") {
  const TempDir dir;
  const Error e = error_of([&] { open_bytes(dir, build_vhd(child_recipe())); });
  CHECK(e.kind() == ErrorKind::not_found);
  CHECK_THAT(e.what(), Catch::Contains("parent is missing") && Catch::Contains("parent.vhd"));

  VhdRecipe mute = child_recipe();
  mute.relative_path.clear();
  CHECK_THAT(error_of([&] { open_bytes(dir, build_vhd(mute)); }).what(),
             Catch::Contains("does not say where"));
}

TEST_CASE("a parent VHD with another id or another time stamp is an error") {
  const TempDir dir;
  VhdRecipe parent = recipe_of(3);
  SECTION("id") {
    parent.id = 9;
    dir.write("parent.vhd", build_vhd(parent));
    const Error e = error_of([&] { open_bytes(dir, build_vhd(child_recipe())); });
    CHECK(e.kind() == ErrorKind::corrupt);
    CHECK_THAT(e.what(), Catch::Contains("is not the parent it was made from"));
  }
  SECTION("a wrong file first and the right one beside the child") {
    parent.id = 9;
    dir.write("old/parent.vhd", build_vhd(parent));
    dir.write("parent.vhd", build_vhd(recipe_of(3)));
    VhdRecipe child = child_recipe();
    child.relative_path = "old\\parent.vhd";
    CHECK(content(*open_bytes(dir, build_vhd(child))) == child_content());
  }
  SECTION("time stamp") {
    parent.timestamp = 1001;
    dir.write("parent.vhd", build_vhd(parent));
    const Error e = error_of([&] { open_bytes(dir, build_vhd(child_recipe())); });
    CHECK(e.kind() == ErrorKind::corrupt);
    CHECK_THAT(e.what(), Catch::Contains("was changed after it was made"));
  }
  SECTION("a parent that is no VHD") {
    dir.write("parent.vhd", std::string(4096, 'x'));
    CHECK(error_of([&] { open_bytes(dir, build_vhd(child_recipe())); }).kind() ==
          ErrorKind::corrupt);
  }
}

TEST_CASE("a chain of VHDs that comes back to itself ends in an error") {
  const TempDir dir;
  VhdRecipe self = child_recipe();
  self.parent_id = self.id;
  self.relative_path = "disk.vhd";
  CHECK_THAT(error_of([&] { open_bytes(dir, build_vhd(self)); }).what(),
             Catch::Contains("comes back"));

  VhdRecipe other = child_recipe();
  other.id = 1;
  other.parent_id = 2;
  other.relative_path = "disk.vhd";
  dir.write("parent.vhd", build_vhd(other));
  CHECK_THAT(error_of([&] { open_bytes(dir, build_vhd(child_recipe())); }).what(),
             Catch::Contains("comes back"));
}

TEST_CASE("the copy of a VHD footer serves when the end is lost and nothing may be written then") {
  const TempDir dir;
  Bytes file = build_vhd(recipe_of(3));
  SECTION("cut off") { file.resize(file.size() - 512); }
  SECTION("damaged") { file[file.size() - 512 + 50] ^= 1; }
  const auto disk = open_bytes(dir, file);
  CHECK(content(*disk) == plain(1 << 20, some_sectors));
  CHECK(disk->notes().size() == 1);
  CHECK_FALSE(disk->write_refusal().empty());
}

TEST_CASE("a VHD footer of 511 bytes from before 2004 is read") {
  const TempDir dir;
  Bytes file = build_vhd(recipe_of(2));
  file.pop_back();
  CHECK(is_vhd(MemorySource(file, "m")));
  const auto disk = open_bytes(dir, file);
  CHECK(content(*disk) == plain(1 << 20, some_sectors));
  CHECK(disk->notes().empty());
}

TEST_CASE("a VHD of a saved machine is read with a note and not written") {
  const TempDir dir;
  Bytes file = build_vhd(recipe_of(2));
  file[file.size() - 512 + 84] = 1;
  refresh_vhd_checksums(file);
  const auto disk = open_bytes(dir, file);
  CHECK(disk->notes().size() == 1);
  CHECK_FALSE(disk->write_refusal().empty());
}

TEST_CASE("a VHD is recognised by a footer at its end or a copy at its start") {
  CHECK(is_vhd(MemorySource(build_vhd(recipe_of(2)), "m")));
  Bytes cut = build_vhd(recipe_of(3));
  cut.resize(600);
  CHECK(is_vhd(MemorySource(cut, "m")));
  CHECK_FALSE(is_vhd(MemorySource(Bytes(4096), "m")));
  CHECK_FALSE(is_vhd(MemorySource(Bytes(100), "m")));
}

TEST_CASE("a VHD with a lie in a structure is refused with the place of the lie") {
  const TempDir dir;
  Bytes file = build_vhd(recipe_of(3));
  const std::size_t footer = file.size() - 512;
  std::string expected;
  SECTION("bad footer checksum and no copy") {
    file = build_vhd(recipe_of(2));
    file[file.size() - 100] = 1;
    expected = "bad checksum of the VHD footer at 0x100040";
  }
  SECTION("bad header checksum") {
    file[vhd_header_at + 700] = 1;
    expected = "bad checksum of the VHD dynamic disk header at 0x224";
  }
  SECTION("block size no power of two") {
    put_be(file, vhd_header_at + 32, 3 << 19);
    refresh_vhd_checksums(file);
    expected = "bad VHD block size at 0x220";
  }
  SECTION("block size zero") {
    put_be(file, vhd_header_at + 32, 0);
    refresh_vhd_checksums(file);
    expected = "bad VHD block size";
  }
  SECTION("table shorter than the disk") {
    put_be(file, vhd_header_at + 28, 3);
    refresh_vhd_checksums(file);
    expected = "the block table is too short at 0x21c: expected 16 entries, found 3";
  }
  SECTION("table beyond the end") {
    put_be(file, vhd_header_at + 20, 0x7fffffff);
    refresh_vhd_checksums(file);
    expected = "read beyond the end at 0x7fffffff";
  }
  SECTION("dynamic header beyond the end") {
    put_be(file, footer + 16, 0xffffffff);
    refresh_vhd_checksums(file);
    expected = "read beyond the end";
  }
  SECTION("disk size that needs a table beyond any file") {
    put_be(file, footer + 48, 0x00003fff);
    put_be(file, vhd_header_at + 28, 0xffffffff);
    refresh_vhd_checksums(file);
    expected = "has a block table of";
  }
  SECTION("disk size no multiple of a sector") {
    put_be(file, footer + 52, 1000);
    put_be(file, 52, 1000);  // the copy must not rescue it
    refresh_vhd_checksums(file);
    expected = "bad size of the virtual disk";
  }
  SECTION("unknown type") {
    put_be(file, footer + 60, 5);
    refresh_vhd_checksums(file);
    file[60] = 9;  // the copy must not rescue it
    expected = "bad checksum of the VHD footer at 0x40";
  }
  SECTION("two blocks in one place") {
    put_be(file, vhd_table_at + 4, 0);
    std::copy_n(file.begin() + vhd_table_at, 4, file.begin() + vhd_table_at + 4);
    expected = "two structures of the VHD overlap";
  }
  SECTION("two blocks that overlap by a sector") {
    const std::uint8_t last = file[vhd_table_at + 3];
    std::copy_n(file.begin() + vhd_table_at, 4, file.begin() + vhd_table_at + 8);
    file[vhd_table_at + 11] = static_cast<std::uint8_t>(last - 1);
    expected = "two structures of the VHD overlap";
  }
  SECTION("a block over the table") {
    put_be(file, vhd_table_at + 8, 3);
    expected = "two structures of the VHD overlap";
  }
  SECTION("a locator of two gigabytes") {
    VhdRecipe child = child_recipe();
    file = build_vhd(child);
    put_be(file, vhd_header_at + 576 + 8, 0x7fffffff);
    refresh_vhd_checksums(file);
    expected = "a parent locator of the VHD is too long";
  }
  const Error e = error_of([&] { open_bytes(dir, file); });
  CHECK_THAT(e.what(), Catch::Contains(expected) && Catch::Contains("disk.vhd"));
}

TEST_CASE("a VHD with a block beyond the end of the file is an error, whatever is read of it") {
  const TempDir dir;
  Bytes file = build_vhd(recipe_of(3));
  put_be(file, vhd_table_at + 4 * 5, 0x10000000);
  CHECK_THAT(error_of([&] { open_bytes(dir, file); }).what(),
             Catch::Contains("the VHD is cut off: it names a block of the disk beyond its end"));
}

TEST_CASE("a block of a VHD over its footer is an error") {
  const TempDir dir;
  Bytes file = build_vhd(recipe_of(3));
  // The last block begins one sector later than it does, and so ends with the footer.
  const auto blocks = [&] { return ByteView(file, 0, "f"); };
  std::size_t last = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    const std::uint32_t sector = be32(blocks(), vhd_table_at + i * 4);
    if (sector != 0xffffffff && sector > be32(blocks(), vhd_table_at + last * 4)) last = i;
  }
  put_be(file, vhd_table_at + last * 4, be32(blocks(), vhd_table_at + last * 4) + 1);
  CHECK_THAT(error_of([&] { open_bytes(dir, file); }).what(),
             Catch::Contains("two structures of the VHD overlap"));
}

TEST_CASE("a VHD cut off at any length is an error or reads what it held") {
  // Small enough to be cut at each byte: three blocks of 4 KiB.
  VhdRecipe small;
  small.disk_size = 16 << 10;
  small.block_size = 4 << 10;
  small.sectors = {{0, vhd_sector(1)}, {9, vhd_sector(2)}, {30, vhd_sector(3)}};
  VhdRecipe parent = small;
  parent.sectors = {{1, vhd_sector(4)}, {9, vhd_sector(5)}};
  // How many lengths lose nothing that the copy of the footer has not got. A fixed disk has no
  // copy, but its footer may lack the last byte, as in files from before 2004.
  for (const auto& [type, lengths] :
       {std::pair{2U, 1U}, std::pair{3U, 512U}, std::pair{4U, 512U}}) {
    INFO("type " << type);
    VhdRecipe recipe = small;
    recipe.type = type;
    if (type == 4) {
      recipe.id = 2;
      recipe.parent_id = 1;
      recipe.relative_path = "parent.vhd";
    }
    FaultyStorage storage;
    storage.put("/d/parent.vhd", build_vhd(parent));
    storage.put("/d/disk.vhd", build_vhd(recipe));
    const Bytes expected = content(*VhdDisk::open(storage, "/d/disk.vhd"));
    std::size_t readable = 0, wrong = 0;
    for (std::size_t length = build_vhd(recipe).size(); length-- > 0;) {
      storage.open_write("/d/disk.vhd")->resize(length);
      try {
        const auto disk = VhdDisk::open(storage, "/d/disk.vhd");
        if (content(*disk) != expected) ++wrong;
        ++readable;
      } catch (const Error&) {
      }
    }
    CHECK(wrong == 0);
    CHECK(readable == lengths);
  }
}

TEST_CASE("VHD files that qemu made and filled read as qemu reads them") {
  if (!have_tool("qemu-img")) return;
  const TempDir dir;
  Bytes data(5 << 20);
  for (std::size_t i = 0; i < data.size(); i += 4096) {
    if (i / 65536 % 3 != 1)
      std::fill_n(data.begin() + static_cast<std::ptrdiff_t>(i), 4096,
                  static_cast<std::uint8_t>(i / 4096 + 1));
  }
  dir.write("raw", data);
  for (const std::string subformat : {"fixed", "dynamic"}) {
    must_run({"qemu-img", "convert", "-f", "raw", "-O", "vpc", "-o",
              "force_size=on,subformat=" + subformat, dir / "raw", dir / "q.vhd"});
    const auto disk = VhdDisk::open(*host_read_storage(), dir / "q.vhd");
    CHECK(content(*disk) == data);
  }
}

TEST_CASE("VHD files that the fixtures make are what qemu takes them for") {
  if (!have_tool("qemu-img")) return;
  const TempDir dir;
  dir.write("raw", plain(1 << 20, some_sectors));
  for (const std::uint32_t type : {2U, 3U}) {
    VhdRecipe recipe = recipe_of(type);
    // qemu does not look at the bits of a dynamic disk, so all sectors of a block are written.
    if (type == 3) {
      for (std::uint64_t sector = 0; sector < 2048; ++sector) {
        recipe.sectors.emplace(sector, vhd_sector(0));
      }
    }
    dir.write("f.vhd", build_vhd(recipe));
    must_run({"qemu-img", "compare", "-f", "raw", "-F", "vpc", dir / "raw", dir / "f.vhd"});
  }
}
