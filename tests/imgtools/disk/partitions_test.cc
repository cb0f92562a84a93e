#include "imgtools/disk/partitions.h"

#include <filesystem>

#include "imgtools/disk/crc.h"
#include "imgtools/host/storage.h"
#include "tests/imgtools/disk/disk_support.h"
#include "tests/support/regex.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tools.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t mib = 1 << 20;

struct Place {
  std::uint64_t offset;
  std::uint64_t length;
  bool operator==(const Place&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Place& p) {
  return out << p.offset << "+" << p.length;
}

std::vector<Place> places(const PartitionTable& table) {
  std::vector<Place> out;
  for (const Partition& p : table.partitions) out.push_back({p.offset, p.length});
  return out;
}

/// Partitions as fdisk lists them, without extended ones.
std::vector<Place> places_by_fdisk(const std::string& path, std::uint64_t sector) {
  const std::string list =
      must_run({"fdisk", "-b", std::to_string(sector), "-l", "-o", "Start,Sectors,Type", path});
  std::vector<Place> out;
  for (const testing::Match& line : testing::all_matches(list, "\n *([0-9]+) +([0-9]+) ([^\n]*)")) {
    if (line[3] == "Extended") continue;
    out.push_back({std::stoull(line[1]) * sector, std::stoull(line[2]) * sector});
  }
  return out;
}

std::string sparse(const TempDir& dir, std::uint64_t size) {
  const std::string path = dir.write("disk", std::string());
  fs::resize_file(path, size);
  return path;
}

PartitionTable read_file(const std::string& path, std::uint32_t sector = 0) {
  return read_partitions(*host_read_storage()->open(path), sector);
}

PartitionTable read_bytes(const Bytes& disk, std::uint32_t sector = 0) {
  return read_partitions(MemorySource(disk, "disk"), sector);
}

struct Entry {
  std::uint8_t type;
  std::uint32_t first;
  std::uint32_t count;
};

void put_mbr(Bytes& disk, std::size_t at, const std::vector<Entry>& entries) {
  put_u16(disk, at + 510, 0xAA55);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    disk[at + 446 + i * 16 + 4] = entries[i].type;
    put_u32(disk, at + 446 + i * 16 + 8, entries[i].first);
    put_u32(disk, at + 446 + i * 16 + 12, entries[i].count);
  }
}

/// A protective MBR, a GPT with one partition of sectors 40-79, and its copy.
Bytes gpt_disk(std::uint32_t sector = 512) {
  Bytes disk(200 * sector);
  put_mbr(disk, 0, {{0xEE, 1, 199}});
  const auto put_header = [&](std::uint64_t at, std::uint64_t other, std::uint64_t table) {
    const std::size_t t = static_cast<std::size_t>(table) * sector;
    disk[t] = 0xA2;
    put_u64(disk, t + 32, 40);
    put_u64(disk, t + 40, 79);
    put_u16(disk, t + 56, 'W');
    const std::size_t h = static_cast<std::size_t>(at) * sector;
    std::copy_n("EFI PART", 8, disk.begin() + static_cast<std::ptrdiff_t>(h));
    put_u32(disk, h + 8, 0x10000);
    put_u32(disk, h + 12, 92);
    put_u64(disk, h + 24, at);
    put_u64(disk, h + 32, other);
    put_u64(disk, h + 72, table);
    put_u32(disk, h + 80, 4);
    put_u32(disk, h + 84, 128);
    put_u32(disk, h + 88, crc32(std::span(disk).subspan(t, 512)));
    put_u32(disk, h + 16, crc32_without_field(std::span(disk).subspan(h, 92), 16));
  };
  put_header(1, 199, 2);
  put_header(199, 1, 190);
  return disk;
}

void reseal_gpt(Bytes& disk, std::size_t header) {
  const std::size_t table = static_cast<std::size_t>(ByteView(disk, 0, "").u64(header + 72)) * 512;
  put_u32(disk, header + 88, crc32(std::span(disk).subspan(table, 512)));
  put_u32(disk, header + 16, crc32_without_field(std::span(disk).subspan(header, 92), 16));
}

void put_ntfs(Bytes& disk, std::size_t at) {
  std::copy_n("\xEB\x52\x90NTFS    ", 11, disk.begin() + static_cast<std::ptrdiff_t>(at));
  put_u16(disk, at + 510, 0xAA55);
}

}  // namespace

TEST_CASE("an MBR with primary and logical partitions reads as fdisk reads it") {
  if (!have_tool("sfdisk") || !have_tool("fdisk")) return;
  const TempDir dir;
  const std::string path = sparse(dir, 64 * mib);
  must_run({"sfdisk", path},
           "label: dos\nsize=4MiB,type=7,bootable\nsize=8MiB,type=83\nsize=40MiB,type=5\n"
           "size=4MiB,type=7\nsize=5MiB,type=7\nsize=6MiB,type=82\nsize=7MiB,type=b\n");
  const PartitionTable table = read_file(path, 512);
  CHECK(table.scheme == PartitionScheme::mbr);
  CHECK(table.notes.empty());
  CHECK(places(table) == places_by_fdisk(path, 512));
  REQUIRE(table.partitions.size() == 6);
  CHECK(table.partitions[0].type == "0x07");
  CHECK(table.partitions[1].index == 2);
  CHECK(table.partitions[2].index == 4);
  CHECK(table.partitions[5].index == 7);
}

TEST_CASE("a GPT with names reads as fdisk reads it") {
  if (!have_tool("sfdisk") || !have_tool("fdisk")) return;
  const TempDir dir;
  const std::string path = sparse(dir, 64 * mib);
  must_run({"sfdisk", path},
           "label: gpt\nsize=4MiB,type=uefi\nsize=2MiB,name=\"System reserved\"\n"
           "size=30MiB,type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7,name=\"Basic data\"\n");
  const PartitionTable table = read_file(path);
  CHECK(table.scheme == PartitionScheme::gpt);
  CHECK(table.sector_size == 512);
  CHECK(table.notes.empty());
  CHECK(places(table) == places_by_fdisk(path, 512));
  REQUIRE(table.partitions.size() == 3);
  CHECK(table.partitions[1].name == "System reserved");
  CHECK(table.partitions[2].type == "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7");
}

TEST_CASE("tables on a disk with sectors of 4096 bytes read as fdisk reads them") {
  if (!have_tool("fdisk")) return;
  const TempDir dir;
  const std::string path = sparse(dir, 64 * mib);
  must_run({"fdisk", "-b", "4096", path},
           "o\nn\np\n1\n\n+4M\nn\ne\n2\n\n\nn\n\n+5M\nn\n\n+6M\nt\n1\n7\nw\n");
  const PartitionTable mbr = read_file(path, 4096);
  CHECK(mbr.partitions.size() == 3);
  CHECK(places(mbr) == places_by_fdisk(path, 4096));

  must_run({"fdisk", "-b", "4096", path}, "g\nn\n\n\n+4M\nn\n\n\n+30M\nw\n");
  const PartitionTable gpt = read_file(path);  // the sector size is found
  CHECK(gpt.sector_size == 4096);
  CHECK(gpt.partitions.size() == 2);
  CHECK(places(gpt) == places_by_fdisk(path, 4096));
}

TEST_CASE("a GPT made by sgdisk reads from its copy when the first is wiped") {
  if (!have_tool("sgdisk")) return;
  const TempDir dir;
  const std::string path = sparse(dir, 32 * mib);
  must_run({"sgdisk", "-n", "1:2048:+4M", "-t", "1:0700", "-n", "3:0:+2M", path});
  const PartitionTable before = read_file(path);
  REQUIRE(before.partitions.size() == 2);
  CHECK(before.partitions[0].offset == mib);
  CHECK(before.partitions[1].index == 3);
  Bytes disk = dir.read("disk");
  std::fill_n(disk.begin() + 512, 512 * 40, std::uint8_t{0});
  const PartitionTable after = read_bytes(disk);
  CHECK(places(after) == places(before));
  REQUIRE(after.notes.size() == 1);
  CHECK_THAT(after.notes[0], Catch::Contains("its copy"));
}

TEST_CASE("a damaged GPT header or table makes its copy count and two damaged ones are an error") {
  const Bytes good = gpt_disk();
  CHECK(read_bytes(good).notes.empty());
  CHECK(places(read_bytes(good)) == std::vector<Place>{{40 * 512, 40 * 512}});
  for (const std::size_t at : {512UL, 512UL + 30, 512UL + 80, 1024UL + 32}) {
    Bytes disk = good;
    disk[at] ^= 1;
    const PartitionTable table = read_bytes(disk);
    CHECK(places(table) == places(read_bytes(good)));
    CHECK(table.notes.size() == 1);
    disk[199 * 512 + 40] ^= 1;
    CHECK_THAT(error_of([&] { read_bytes(disk); }).what(), Catch::Contains("both damaged"));
  }
}

TEST_CASE("the entry of type EE decides between an MBR and a leftover GPT") {
  Bytes disk = gpt_disk();
  SECTION("an MBR written over a GPT disk") {
    put_mbr(disk, 0, {{0x07, 60, 20}});
    const PartitionTable table = read_bytes(disk);
    CHECK(table.scheme == PartitionScheme::mbr);
    CHECK(places(table) == std::vector<Place>{{60 * 512, 20 * 512}});
  }
  SECTION("a wiped MBR") {
    std::fill_n(disk.begin(), 512, std::uint8_t{0});
    const PartitionTable table = read_bytes(disk);
    CHECK(table.scheme == PartitionScheme::gpt);
    CHECK(table.notes.size() == 1);
  }
  SECTION("a hybrid MBR") {
    put_mbr(disk, 0, {{0xEE, 1, 39}, {0x07, 40, 40}});
    CHECK(read_bytes(disk).scheme == PartitionScheme::gpt);
  }
}

TEST_CASE("a GPT of more partitions than any disk has is an error and costs no more than one") {
  constexpr std::size_t count = 300;
  Bytes disk = gpt_disk();
  disk.resize(disk.size() + count * 128 + 512);
  const std::size_t table = 200 * 512;
  for (std::size_t i = 0; i < count; ++i) {
    std::copy_n(disk.begin() + 1024, 128,
                disk.begin() + static_cast<std::ptrdiff_t>(table + i * 128));
  }
  put_u64(disk, 512 + 72, 200);
  put_u32(disk, 512 + 80, count);
  put_u32(disk, 512 + 88, crc32(std::span(disk).subspan(table, count * 128)));
  put_u32(disk, 512 + 16, crc32_without_field(std::span(disk).subspan(512, 92), 16));
  CHECK_THAT(error_of([&] { read_bytes(disk); }).what(),
             Catch::Contains("more than 256 partitions"));
}

TEST_CASE("hostile GPT entries are passed over or cut and noted") {
  Bytes disk = gpt_disk();
  const std::size_t entry = 1024;
  SECTION("last before first") {
    put_u64(disk, entry + 40, 10);
    reseal_gpt(disk, 512);
    CHECK(read_bytes(disk).partitions.empty());
    CHECK(read_bytes(disk).notes.size() == 1);
  }
  SECTION("starts beyond the disk") {
    put_u64(disk, entry + 32, ~std::uint64_t{0});
    put_u64(disk, entry + 40, ~std::uint64_t{0});
    reseal_gpt(disk, 512);
    CHECK(read_bytes(disk).partitions.empty());
  }
  SECTION("the whole number space") {
    put_u64(disk, entry + 32, 0);
    put_u64(disk, entry + 40, ~std::uint64_t{0});
    reseal_gpt(disk, 512);
    CHECK(places(read_bytes(disk)) == std::vector<Place>{{0, 200 * 512}});
    CHECK_THAT(read_bytes(disk).partitions[0].doubt, Catch::Contains("beyond the end"));
  }
  SECTION("two entries over one place") {
    std::copy_n(disk.begin() + entry, 128, disk.begin() + entry + 128);
    reseal_gpt(disk, 512);
    const PartitionTable table = read_bytes(disk);
    REQUIRE(table.partitions.size() == 2);
    CHECK_FALSE(table.partitions[0].doubt.empty());
    CHECK_FALSE(table.partitions[1].doubt.empty());
  }
  SECTION("a table of 500 GB") {
    put_u32(disk, 512 + 80, 0xffffffff);
    put_u32(disk, 512 + 16, crc32_without_field(std::span(disk).subspan(512, 92), 16));
    CHECK_THAT(read_bytes(disk).notes.at(0), Catch::Contains("its copy"));
  }
  SECTION("entries of 8 bytes") {
    put_u32(disk, 512 + 84, 8);
    put_u32(disk, 512 + 16, crc32_without_field(std::span(disk).subspan(512, 92), 16));
    CHECK_THAT(read_bytes(disk).notes.at(0), Catch::Contains("its copy"));
  }
}

TEST_CASE(
    "a chain of logical partitions that loops or breaks or leaves the disk ends with a note") {
  Bytes disk(200 * 512);
  put_mbr(disk, 0, {{0x07, 1, 9}, {0x0F, 10, 100}});
  SECTION("loop") {
    put_mbr(disk, 10 * 512, {{0x07, 1, 5}, {0x05, 20, 10}});
    put_mbr(disk, 30 * 512, {{0x07, 1, 5}, {0x05, 0, 10}});
    CHECK(read_bytes(disk).partitions.size() == 3);
  }
  SECTION("broken") {
    put_mbr(disk, 10 * 512, {{0x07, 1, 5}, {0x05, 20, 10}});
    CHECK(read_bytes(disk).partitions.size() == 2);
  }
  SECTION("leaves the disk") {
    put_mbr(disk, 10 * 512, {{0x07, 1, 5}, {0x05, 0xfffffff0, 10}});
    CHECK(read_bytes(disk).partitions.size() == 2);
  }
  CHECK(read_bytes(disk).notes.size() == 1);
}

TEST_CASE("the sector size of an MBR disk shows by where volumes are found") {
  Bytes disk(4096 * 64);
  put_mbr(disk, 0, {{0x07, 8, 40}});
  put_ntfs(disk, 8 * 4096);
  CHECK(read_bytes(disk).sector_size == 4096);
  CHECK(places(read_bytes(disk)) == std::vector<Place>{{8 * 4096, 40 * 4096}});
  CHECK(read_bytes(disk, 512).partitions.at(0).offset == 8 * 512);
  put_ntfs(disk, 8 * 512);
  CHECK(read_bytes(disk).sector_size == 512);
}

TEST_CASE("a boot sector in sector 0 is a bare volume whatever its bytes look like as an MBR") {
  Bytes disk(512 * 64);
  put_mbr(disk, 0, {{0xEE, 1, 9}, {0x07, 10, 9}});
  put_ntfs(disk, 0);
  const PartitionTable table = read_bytes(disk);
  CHECK(table.scheme == PartitionScheme::none);
  REQUIRE(table.partitions.size() == 1);
  CHECK(table.partitions[0].index == 0);
  CHECK(table.partitions[0].length == disk.size());
}

TEST_CASE("a disk with nothing on it has no partitions") {
  CHECK(read_bytes(Bytes(512 * 64)).partitions.empty());
  CHECK(read_bytes(Bytes(100)).partitions.empty());
  Bytes text(512 * 64, 'x');
  CHECK(read_bytes(text).partitions.empty());
  put_u16(text, 510, 0xAA55);  // statuses that are none
  CHECK(read_bytes(text).partitions.empty());
}

TEST_CASE(
    "an MBR partition that starts beyond the disk is passed over and one that ends there cut") {
  Bytes disk(512 * 64);
  put_mbr(disk, 0, {{0x07, 64, 10}, {0x07, 60, 10}});
  const PartitionTable table = read_bytes(disk);
  CHECK(places(table) == std::vector<Place>{{60 * 512, 4 * 512}});
  CHECK(table.notes.size() == 1);
  CHECK_FALSE(table.partitions[0].doubt.empty());
}

TEST_CASE("an empty partition table is one, and its disk has no volumes") {
  Bytes gpt = gpt_disk();
  PartitionTable table = read_bytes(gpt);
  REQUIRE(table.partitions.size() == 1);

  Bytes mbr(128 << 10);
  CHECK(read_bytes(mbr).scheme == PartitionScheme::none);
  put_mbr(mbr, 0, {});
  table = read_bytes(mbr);
  CHECK(table.scheme == PartitionScheme::mbr);
  CHECK(table.partitions.empty());
  // The mark is weak: a small file, or one of any number of bytes, is no disk by it alone.
  mbr.push_back(0);
  CHECK(read_bytes(mbr).scheme == PartitionScheme::none);
  mbr.resize(32 << 10);
  CHECK(read_bytes(mbr).scheme == PartitionScheme::none);
}
