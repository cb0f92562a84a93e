#include "imgtools/disk/vhdx.h"

#include <filesystem>

#include "fixtures/vhdx_builder.h"
#include "tests/imgtools/disk/disk_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tools.h"

using namespace goldhive;
using namespace goldhive::testing;
using fixtures::build_vhdx;
using fixtures::refresh_vhdx_checksums;
using fixtures::vhdx_blocks_at;
using fixtures::vhdx_guid_text;
using fixtures::vhdx_log_at;
using fixtures::vhdx_metadata_at;
using fixtures::vhdx_table_at;
using fixtures::VhdxLogEntry;
using fixtures::VhdxRecipe;

namespace {

constexpr std::uint64_t mib = 1 << 20;

Bytes sector(std::uint8_t fill) { return Bytes(512, fill); }

const std::map<std::uint64_t, Bytes> some_sectors = {
    {0, sector(1)}, {1, sector(2)}, {8, sector(3)}, {2047, sector(4)}, {6000, sector(5)},
};

VhdxRecipe dynamic_recipe() {
  VhdxRecipe recipe;
  recipe.sectors = some_sectors;
  return recipe;
}

VhdxRecipe child_recipe() {
  VhdxRecipe recipe;
  recipe.data_write_guid = 2;
  recipe.sectors = {{1, sector(0x21)}, {2, sector(0x22)}, {6001, sector(0x23)}};
  recipe.parent = {{"parent_linkage", vhdx_guid_text(1)}, {"relative_path", ".\\parent.vhdx"}};
  return recipe;
}

Bytes child_content() {
  return plain(4 * mib, child_recipe().sectors, plain(4 * mib, some_sectors));
}

std::unique_ptr<VhdxDisk> open_bytes(const TempDir& dir, const Bytes& file) {
  return VhdxDisk::open(*host_read_storage(), dir.write("disk.vhdx", file));
}

/// A write of a whole 4 KiB sector with a pattern in which every byte counts.
fixtures::VhdxLogWrite log_write(std::uint64_t offset, std::uint8_t seed) {
  Bytes data(4096);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(i * 7 + seed);
  return {offset, data, 0};
}

/// The payload of block 0, after the log has been replayed over it.
Bytes first_block(const VhdxDisk& disk, std::size_t length) { return disk.read(0, length); }

}  // namespace

TEST_CASE("a dynamic VHDX shows the sectors written to it with either sector size") {
  const TempDir dir;
  for (const std::uint32_t size : {512U, 4096U}) {
    VhdxRecipe recipe;
    recipe.sector_size = size;
    recipe.sectors = {{0, Bytes(size, 1)}, {3, Bytes(size, 2)}, {700, Bytes(size, 3)}};
    const auto disk = open_bytes(dir, build_vhdx(recipe));
    CHECK(disk->format() == "vhdx");
    CHECK(disk->sector_size() == size);
    CHECK(disk->notes().empty());
    CHECK(content(*disk) == plain(4 * mib, recipe.sectors));
    CHECK(reads_alike_in_pieces(*disk, 99991));
  }
}

TEST_CASE("VHDX blocks in the states zero and unmapped and undefined read as zeros") {
  const TempDir dir;
  for (const unsigned state : {0U, 1U, 2U, 3U}) {
    VhdxRecipe recipe = dynamic_recipe();
    recipe.states = {{0, state}};
    const auto disk = open_bytes(dir, build_vhdx(recipe));
    CHECK(disk->read(0, 1024) == Bytes(1024));
    CHECK(disk->read(6000 * 512, 512) == sector(5));
  }
}

TEST_CASE("a child VHDX takes absent blocks and sectors whose bit is 0 from its parent") {
  const TempDir dir;
  dir.write("parent.vhdx", build_vhdx(dynamic_recipe()));
  const auto disk = open_bytes(dir, build_vhdx(child_recipe()));
  CHECK(content(*disk) == child_content());
  CHECK(reads_alike_in_pieces(*disk, 1000));

  VhdxRecipe hiding = child_recipe();
  hiding.states = {{0, 2}};
  CHECK(open_bytes(dir, build_vhdx(hiding))->read(0, 512) == Bytes(512));
  hiding.states = {{0, 6}};
  CHECK(open_bytes(dir, build_vhdx(hiding))->read(0, 512) == sector(0xee));
}

TEST_CASE("a child VHDX whose chunk ratio is 16 finds its bitmaps") {
  const TempDir dir;
  VhdxRecipe parent;
  parent.disk_size = 5 * 1024 * mib;  // two chunks of 16 blocks of 256 MiB, the second in part
  parent.block_size = 256 * mib;
  const std::uint64_t far = 4 * 1024 * mib / 512 + 3;
  dir.write("parent.vhdx", build_vhdx(parent));
  VhdxRecipe child = parent;
  child.data_write_guid = 2;
  child.parent = child_recipe().parent;
  child.sectors = {{far, sector(9)}};
  const auto disk = open_bytes(dir, build_vhdx(child));
  CHECK(disk->read(far * 512, 512) == sector(9));
  CHECK(disk->read((far + 1) * 512, 512) == Bytes(512));
  CHECK(disk->read((far - 1) * 512, 512) == Bytes(512));
}

TEST_CASE("a child VHDX without its parent or with a changed one is an error that says so") {
  const TempDir dir;
  const Error missing = error_of([&] { open_bytes(dir, build_vhdx(child_recipe())); });
  CHECK(missing.kind() == ErrorKind::not_found);
  CHECK_THAT(missing.what(), Catch::Contains("parent is missing"));

  VhdxRecipe changed = dynamic_recipe();
  changed.data_write_guid = 5;
  dir.write("parent.vhdx", build_vhdx(changed));
  const Error e = error_of([&] { open_bytes(dir, build_vhdx(child_recipe())); });
  CHECK(e.kind() == ErrorKind::corrupt);
  CHECK_THAT(e.what(), Catch::Contains("changed since") && Catch::Contains("01010101-"));

  VhdxRecipe merging = child_recipe();
  merging.parent.emplace_back("parent_linkage2", vhdx_guid_text(5));
  CHECK_NOTHROW(open_bytes(dir, build_vhdx(merging)));

  VhdxRecipe other_sectors = dynamic_recipe();
  other_sectors.sector_size = 4096;
  other_sectors.sectors.clear();
  dir.write("parent.vhdx", build_vhdx(other_sectors));
  CHECK_THAT(error_of([&] { open_bytes(dir, build_vhdx(child_recipe())); }).what(),
             Catch::Contains("sectors of 512 bytes"));
}

TEST_CASE("a chain of VHDX files that comes back to itself ends in an error") {
  const TempDir dir;
  VhdxRecipe self = child_recipe();
  self.parent = {{"parent_linkage", vhdx_guid_text(2)}, {"relative_path", "disk.vhdx"}};
  CHECK_THAT(error_of([&] { open_bytes(dir, build_vhdx(self)); }).what(),
             Catch::Contains("comes back"));
}

TEST_CASE("the VHDX header with the higher number counts and a torn one does not") {
  const TempDir dir;
  Bytes file = build_vhdx(dynamic_recipe());
  const ByteView view(file, 0, "");
  CHECK(view.u64((64 << 10) + 8) + 1 == view.u64((128 << 10) + 8));
  SECTION("the newer one has no log, the older one would ask for a replay") {
    file[(64 << 10) + 48] = 1;
    refresh_vhdx_checksums(file);
  }
  SECTION("the newer one is torn") { file[(128 << 10) + 100] = 1; }
  const auto disk = open_bytes(dir, file);
  CHECK(content(*disk) == plain(4 * mib, some_sectors));
  CHECK(disk->notes().empty());
}

TEST_CASE("the second VHDX region table serves when the first is damaged") {
  const TempDir dir;
  Bytes file = build_vhdx(dynamic_recipe());
  file[(192 << 10) + 20] ^= 1;
  CHECK(content(*open_bytes(dir, file)) == plain(4 * mib, some_sectors));
}

TEST_CASE("a VHDX log is replayed in memory and the file stays as it is") {
  const TempDir dir;
  VhdxRecipe recipe = dynamic_recipe();
  recipe.log_guid = 7;
  const std::uint64_t block = vhdx_blocks_at;
  VhdxLogEntry first{0, 10, 0, {log_write(block, 1), log_write(block + 4096, 2)}, 0, 0};
  const std::uint32_t second_at = 4096 * 3;
  VhdxLogEntry second{second_at, 11, 0, {log_write(block + 4096, 3), {block + 8192, {}, 4096}},
                      0,         0};
  recipe.sectors[16] = sector(0x55);
  recipe.log = {first, second};
  const Bytes file = build_vhdx(recipe);
  const auto disk = open_bytes(dir, file);
  Bytes expected = log_write(0, 1).data;
  const Bytes next = log_write(0, 3).data;
  expected.insert(expected.end(), next.begin(), next.end());
  expected.resize(3 * 4096);
  CHECK(first_block(*disk, 3 * 4096) == expected);
  REQUIRE(disk->notes().size() == 1);
  CHECK_THAT(disk->notes()[0], Catch::Contains("2 log entries were replayed"));
  CHECK_FALSE(disk->write_refusal().empty());
  CHECK(dir.read("disk.vhdx") == file);
}

TEST_CASE("only the active sequence of a VHDX log counts") {
  const TempDir dir;
  VhdxRecipe recipe = dynamic_recipe();
  recipe.log_guid = 7;
  const std::uint64_t block = vhdx_blocks_at;
  const Bytes original = plain(4 * mib, some_sectors);
  const auto entry = [&](std::uint32_t offset, std::uint64_t sequence, std::uint32_t tail,
                         std::uint8_t seed) {
    return VhdxLogEntry{offset, sequence, tail, {log_write(block, seed)}, 0, 0};
  };
  const auto first_sector = [&](const VhdxRecipe& r) {
    return first_block(*open_bytes(dir, build_vhdx(r)), 4096);
  };
  SECTION("the newest of two sequences") {
    recipe.log = {entry(0, 20, 0, 1), entry(65536, 5, 65536, 2)};
    CHECK(first_sector(recipe) == log_write(0, 1).data);
  }
  SECTION("a gap in the numbers ends a sequence") {
    recipe.log = {entry(0, 20, 0, 1), entry(8192, 22, 8192, 2)};
    CHECK(first_sector(recipe) == log_write(0, 2).data);
  }
  SECTION("entries before the tail were applied already") {
    recipe.log = {entry(0, 20, 0, 1), entry(8192, 21, 8192, 2)};
    recipe.log[0].writes[0].offset = block + 4096;
    const Bytes both = first_block(*open_bytes(dir, build_vhdx(recipe)), 8192);
    CHECK(std::equal(both.begin() + 4096, both.end(), original.begin() + 4096));
  }
  SECTION("a sequence that wraps around the end of the ring") {
    const auto late = static_cast<std::uint32_t>(mib - 12288);
    recipe.log = {entry(late, 30, late, 1),
                  entry(static_cast<std::uint32_t>(mib - 4096), 31, late, 2),
                  entry(4096, 32, late, 3)};
    CHECK(first_sector(recipe) == log_write(0, 3).data);
    const auto disk = open_bytes(dir, build_vhdx(recipe));
    CHECK_THAT(disk->notes().at(0), Catch::Contains("3 log entries"));
  }
  SECTION("an entry whose checksum is wrong ends the sequence") {
    recipe.log = {entry(0, 20, 0, 1), entry(8192, 21, 0, 2)};
    Bytes file = build_vhdx(recipe);
    file[vhdx_log_at + 8192 + 5000] ^= 1;
    CHECK(first_block(*open_bytes(dir, file), 4096) == log_write(0, 1).data);
  }
  SECTION("entries of another log GUID are nothing") {
    recipe.log = {entry(0, 20, 0, 1)};
    Bytes file = build_vhdx(recipe);
    for (const std::ptrdiff_t at : {64 << 10, 128 << 10})
      std::fill_n(file.begin() + at + 48, 16, 8);
    refresh_vhdx_checksums(file);
    CHECK(first_block(*open_bytes(dir, file), 4096) ==
          Bytes(original.begin(), original.begin() + 4096));
  }
  SECTION("a head whose tail is not in its sequence is no sequence") {
    recipe.log = {entry(0, 20, 40960, 1)};
    const auto disk = open_bytes(dir, build_vhdx(recipe));
    CHECK(first_block(*disk, 512) == sector(1));
    CHECK_THAT(disk->notes().at(0), Catch::Contains("no valid entry"));
  }
}

TEST_CASE("a VHDX log without any valid entry is read with a note and refused for writing") {
  const TempDir dir;
  VhdxRecipe recipe = dynamic_recipe();
  recipe.log_guid = 7;
  const auto disk = open_bytes(dir, build_vhdx(recipe));
  CHECK(content(*disk) == plain(4 * mib, some_sectors));
  CHECK(disk->notes().size() == 1);
  CHECK_FALSE(disk->write_refusal().empty());
}

TEST_CASE("a VHDX log that contradicts the file is an error") {
  const TempDir dir;
  VhdxRecipe recipe = dynamic_recipe();
  recipe.log_guid = 7;
  recipe.log = {VhdxLogEntry{0, 1, 0, {log_write(vhdx_blocks_at, 1)}, 0, 0}};
  std::string expected;
  SECTION("the file was cut off") {
    recipe.log[0].flushed_size = 100 * mib;
    expected = "the VHDX was cut off";
  }
  SECTION("a write beyond any file") {
    recipe.log[0].writes[0].offset = std::uint64_t{1} << 60;
    expected = "writes beyond the largest size";
  }
  SECTION("zeros beyond any file") {
    recipe.log[0].writes = {{4096, {}, ~std::uint64_t{4095}}};
    expected = "writes beyond the largest size";
  }
  SECTION("a size beyond any file") {
    recipe.log[0].last_size = std::uint64_t{1} << 60;
    expected = "writes beyond the largest size";
  }
  CHECK_THAT(error_of([&] { open_bytes(dir, build_vhdx(recipe)); }).what(),
             Catch::Contains(expected));
}

TEST_CASE("a VHDX with a lie in a structure is refused with the place of the lie") {
  const TempDir dir;
  Bytes file = build_vhdx(dynamic_recipe());
  const std::size_t item = vhdx_metadata_at + (64 << 10);
  std::string expected;
  SECTION("no header") {
    file[(64 << 10) + 9] ^= 1;
    file[(128 << 10) + 9] ^= 1;
    expected = "no valid VHDX header at 0x10000";
  }
  SECTION("two headers with one number") {
    file[(64 << 10) + 8] = file[(128 << 10) + 8];
    file[(64 << 10) + 16] = 0;
    refresh_vhdx_checksums(file);
    expected = "same sequence number, but differ";
  }
  SECTION("version") {
    file[(128 << 10) + 66] = 2;
    refresh_vhdx_checksums(file);
    expected = "is a VHDX of version 2";
  }
  SECTION("log version with a log") {
    file[(128 << 10) + 48] = 1;
    file[(128 << 10) + 64] = 1;
    refresh_vhdx_checksums(file);
    expected = "has a VHDX log of version 1";
  }
  SECTION("log of four gigabytes") {
    put_u32(file, (128 << 10) + 68, 0xfff00000);
    file[(128 << 10) + 48] = 1;
    refresh_vhdx_checksums(file);
    expected = "has a VHDX log of 4293918720 bytes";
  }
  SECTION("log that is not aligned") {
    put_u64(file, (128 << 10) + 72, 4096);
    refresh_vhdx_checksums(file);
    expected = "bad place of the VHDX log at 0x20044";
  }
  SECTION("region tables") {
    file[(192 << 10) + 9] ^= 1;
    file[(256 << 10) + 9] ^= 1;
    expected = "no valid VHDX region table";
  }
  SECTION("too many regions") {
    put_u32(file, (192 << 10) + 8, 2048);
    refresh_vhdx_checksums(file);
    expected = "too many VHDX regions";
  }
  SECTION("unknown required region") {
    file[(192 << 10) + 16] ^= 1;
    refresh_vhdx_checksums(file);
    expected = "required region 2dc27767-";
  }
  SECTION("region listed twice") {
    std::copy_n(file.begin() + (192 << 10) + 48, 32, file.begin() + (192 << 10) + 16);
    refresh_vhdx_checksums(file);
    expected = "listed twice";
  }
  SECTION("region at zero") {
    put_u64(file, (192 << 10) + 32, 0);
    refresh_vhdx_checksums(file);
    expected = "bad place of a VHDX region at 0x30020";
  }
  SECTION("region beyond the end") {
    put_u64(file, (192 << 10) + 64, 900 * mib);
    refresh_vhdx_checksums(file);
    expected = "read beyond the end at 0x38400000";
  }
  SECTION("regions that overlap") {
    put_u64(file, (192 << 10) + 32, vhdx_metadata_at);
    refresh_vhdx_checksums(file);
    expected = "two structures of the VHDX overlap";
  }
  SECTION("no metadata") {
    file[vhdx_metadata_at] = 0;
    expected = "no VHDX metadata table at 0x200000";
  }
  SECTION("unknown required metadata item") {
    file[vhdx_metadata_at + 32 + 4 * 32] ^= 1;
    expected = "required metadata item";
  }
  SECTION("item outside the region") {
    put_u32(file, vhdx_metadata_at + 32 + 16, 0xfffffff0);
    expected = "bad place of a VHDX metadata item";
  }
  SECTION("block size") {
    put_u32(file, item, 3 << 20);
    expected = "bad VHDX block size at 0x210000";
  }
  SECTION("disk size") {
    put_u64(file, item + 8, std::uint64_t{65} << 40);
    expected = "bad size of the virtual disk at 0x210008";
  }
  SECTION("disk larger than the BAT") {
    put_u64(file, item + 8, std::uint64_t{60} << 40);
    expected = "the BAT is too short for the disk";
  }
  SECTION("sector size") {
    put_u32(file, item + 16, 1024);
    expected = "bad logical sector size";
  }
  SECTION("parent without a locator") {
    put_u32(file, item + 4, 2);
    expected = "without a parent locator";
  }
  SECTION("two blocks in one place") {
    std::copy_n(file.begin() + vhdx_table_at, 8, file.begin() + vhdx_table_at + 8);
    expected = "two structures of the VHDX overlap";
  }
  SECTION("a block over the log") {
    put_u64(file, vhdx_table_at + 8, vhdx_log_at | 6);
    expected = "two structures of the VHDX overlap";
  }
  SECTION("a block over the headers") {
    put_u64(file, vhdx_table_at + 8, 6);
    expected = "two structures of the VHDX overlap";
  }
  const Error e = error_of([&] { open_bytes(dir, file); });
  CHECK_THAT(e.what(), Catch::Contains(expected) && Catch::Contains("disk.vhdx"));
}

TEST_CASE("a VHDX whose parent locator has thousands of entries over one text is an error") {
  const TempDir dir;
  dir.write("parent.vhdx", build_vhdx(dynamic_recipe()));
  VhdxRecipe child = child_recipe();
  for (int i = 0; i < 40; ++i) child.parent.emplace_back("relative_path", ".\\parent.vhdx");
  CHECK_THAT(error_of([&] { open_bytes(dir, build_vhdx(child)); }).what(),
             Catch::Contains("too many entries of a VHDX parent locator"));
}

TEST_CASE("a VHDX that was cut off is an error, whatever is read of it") {
  const TempDir dir;
  const auto check = [&](const Bytes& file, const std::string& what) {
    CHECK_THAT(error_of([&] { open_bytes(dir, file); }).what(),
               Catch::Contains("the VHDX is cut off: it names " + what + " beyond its end"));
  };
  const Bytes whole = build_vhdx(dynamic_recipe());
  Bytes file = whole;
  file.resize(file.size() - 4096);
  check(file, "a block of the disk");
  file = whole;
  put_u64(file, vhdx_table_at + 8, (500 * mib) | 6);
  check(file, "a block of the disk");

  dir.write("parent.vhdx", build_vhdx(dynamic_recipe()));
  file = build_vhdx(child_recipe());
  put_u64(file, vhdx_table_at + 4096 * 8, (500 * mib) | 6);
  check(file, "a sector bitmap");
}

TEST_CASE("a VHDX block in a bad state hurts only those who read it") {
  const TempDir dir;
  Bytes file = build_vhdx(dynamic_recipe());
  put_u64(file, vhdx_table_at + 24, 4);
  const auto disk = open_bytes(dir, file);
  CHECK(disk->read(0, 512) == sector(1));
  CHECK_THAT(error_of([&] { disk->read(3 * mib, 1); }).what(),
             Catch::Contains("bad state of block 3"));
  put_u64(file, vhdx_table_at + 24, file.size() | 7);
  file.resize(file.size() + mib);
  CHECK_THAT(error_of([&] { open_bytes(dir, file)->read(3 * mib, 1); }).what(),
             Catch::Contains("bad state of block 3"));
}

TEST_CASE("a partially present VHDX block without a bitmap is an error") {
  const TempDir dir;
  dir.write("parent.vhdx", build_vhdx(dynamic_recipe()));
  Bytes file = build_vhdx(child_recipe());
  put_u64(file, vhdx_table_at + 4096 * 8, 0);
  CHECK_THAT(error_of([&] { open_bytes(dir, file)->read(0, 1); }).what(),
             Catch::Contains("has no sector bitmap block"));
}

TEST_CASE("VHDX files that qemu made and filled read as qemu reads them") {
  if (!have_tool("qemu-img")) return;
  const TempDir dir;
  Bytes data(9 << 20);
  for (std::size_t i = 0; i < data.size(); i += 65536) {
    if (i / mib % 3 != 1)
      std::fill_n(data.begin() + static_cast<std::ptrdiff_t>(i), 4096,
                  static_cast<std::uint8_t>(i / 65536 + 1));
  }
  dir.write("raw", data);
  for (const std::string options :
       {"subformat=dynamic,block_size=1M", "subformat=fixed,block_size=2M"}) {
    must_run({"qemu-img", "convert", "-f", "raw", "-O", "vhdx", "-o", options, dir / "raw",
              dir / "q.vhdx"});
    const auto disk = VhdxDisk::open(*host_read_storage(), dir / "q.vhdx");
    CHECK(disk->notes().empty());
    CHECK(content(*disk) == data);
  }
}

TEST_CASE("VHDX files that the fixtures make are what qemu takes them for") {
  if (!have_tool("qemu-img")) return;
  const TempDir dir;
  dir.write("f.vhdx", build_vhdx(dynamic_recipe()));
  dir.write("raw", plain(4 * mib, some_sectors));
  must_run({"qemu-img", "check", "-f", "vhdx", dir / "f.vhdx"});
  must_run({"qemu-img", "compare", "-f", "raw", "-F", "vhdx", dir / "raw", dir / "f.vhdx"});
}

TEST_CASE("a VHDX log replayed in memory gives what qemu's repair writes") {
  if (!have_tool("qemu-img")) return;
  const TempDir dir;
  VhdxRecipe recipe = dynamic_recipe();
  recipe.log_guid = 7;
  const std::uint64_t size = build_vhdx(recipe).size();
  recipe.log = {
      VhdxLogEntry{8192,
                   10,
                   8192,
                   {log_write(vhdx_blocks_at, 1), log_write(vhdx_blocks_at + 8192, 2)},
                   size,
                   size},
      VhdxLogEntry{20480,
                   11,
                   8192,
                   {log_write(vhdx_blocks_at + 4096, 3), {vhdx_blocks_at + 12288, {}, 4096}},
                   size,
                   size}};
  const auto disk = open_bytes(dir, build_vhdx(recipe));
  const Bytes ours = content(*disk);
  must_run({"qemu-img", "check", "-r", "all", "-f", "vhdx", dir / "disk.vhdx"});
  must_run({"qemu-img", "convert", "-f", "vhdx", "-O", "raw", dir / "disk.vhdx", dir / "raw"});
  CHECK(dir.read("raw") == ours);
}
