#include "imgtools/disk/fs_probe.h"

#include <filesystem>

#include "imgtools/host/storage.h"
#include "tests/imgtools/disk/disk_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tools.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace fs = std::filesystem;

namespace {

std::string probe_bytes(const Bytes& volume) {
  return probe_file_system(MemorySource(volume, "volume")).id;
}

/// What the probe says of an empty file of `size` after `command` has formatted it.
std::string probe_formatted(std::uint64_t size, std::vector<std::string> command) {
  const TempDir dir;
  const std::string path = dir.write("volume", std::string());
  fs::resize_file(path, size);
  command.push_back(path);
  must_run(command);
  return probe_file_system(*host_read_storage()->open(path)).id;
}

Bytes with(std::size_t at, const std::string& magic) {
  Bytes volume(8192);
  std::copy(magic.begin(), magic.end(), volume.begin() + static_cast<std::ptrdiff_t>(at));
  return volume;
}

constexpr std::uint64_t mib = 1 << 20;

}  // namespace

TEST_CASE("file systems made by their own tools are recognised by content") {
  if (have_tool("mkntfs")) {
    CHECK(probe_formatted(8 * mib, {"mkntfs", "-F", "-Q", "-q"}) == "ntfs");
  }
  if (have_tool("mkfs.fat")) {
    CHECK(probe_formatted(2 * mib, {"mkfs.fat", "-F", "12"}) == "fat12");
    CHECK(probe_formatted(16 * mib, {"mkfs.fat", "-F", "16"}) == "fat16");
    CHECK(probe_formatted(64 * mib, {"mkfs.fat", "-F", "32"}) == "fat32");
  }
  if (have_tool("mkfs.exfat")) {
    CHECK(probe_formatted(8 * mib, {"mkfs.exfat"}) == "exfat");
  }
  if (have_tool("mke2fs")) {
    for (const std::string type : {"ext2", "ext3", "ext4"}) {
      CHECK(probe_formatted(8 * mib, {"mke2fs", "-q", "-F", "-t", type}) == type);
    }
  }
  if (have_tool("mkswap")) {
    CHECK(probe_formatted(8 * mib, {"mkswap"}) == "swap");
  }
}

TEST_CASE("file systems that no tool here makes are recognised by their marks") {
  CHECK(probe_bytes(with(3, "-FVE-FS-")) == "bitlocker");
  CHECK(probe_bytes(with(3, std::string("ReFS\0\0\0\0", 8))) == "refs");
  CHECK(probe_bytes(with(512, "LABELONE" + std::string(16, '\0') + "LVM2 001")) == "lvm2");
  Bytes to_go = with(3, "MSWIN4.1");
  const Bytes guid{0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a,
                   0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01};
  std::copy(guid.begin(), guid.end(), to_go.begin() + 424);
  CHECK(probe_bytes(to_go) == "bitlocker");
}

TEST_CASE("what is no file system is not recognised and short volumes do no harm") {
  CHECK(probe_bytes(Bytes(8192)).empty());
  CHECK(probe_bytes(Bytes(8192, 0xff)).empty());
  CHECK(probe_bytes(Bytes{}).empty());
  CHECK(probe_bytes(Bytes(511, 0xeb)).empty());
  const std::string ntfs = "\xEB\x52\x90NTFS    ";
  CHECK(probe_bytes(Bytes(ntfs.begin(), ntfs.end())) == "ntfs");
  Bytes mbr(512);
  mbr[0] = 0xEB;
  put_u16(mbr, 510, 0xAA55);
  CHECK(probe_bytes(mbr).empty());
}

TEST_CASE("volumes of other systems are told from those that may hold a Windows") {
  using namespace std::string_literals;
  const struct {
    const char* id;
    std::size_t at;
    std::string mark;
  } rows[] = {{"xfs", 0, "XFSB"},           {"f2fs", 1024, "\x10\x20\xf5\xf2"},
              {"hfs+", 1024, "H+\0\4"s},    {"apfs", 32, "NXSB"},
              {"swap", 4086, "SWAPSPACE2"}, {"btrfs", 65600, "_BHRfS_M"}};
  for (const auto& row : rows) {
    INFO(row.id);
    Bytes volume(70000);
    std::copy(row.mark.begin(), row.mark.end(),
              volume.begin() + static_cast<std::ptrdiff_t>(row.at));
    const FileSystem& found = probe_file_system(MemorySource(volume, "volume"));
    CHECK(std::string(found.id) == row.id);
    CHECK(found.foreign);
  }
  for (const Bytes& volume :
       {with(3, "NTFS    "), with(3, "EXFAT   "), with(3, "-FVE-FS-"),
        with(512, "LABELONE" + std::string(16, '\0') + "LVM2 001"), Bytes(8192)}) {
    CHECK_FALSE(probe_file_system(MemorySource(volume, "volume")).foreign);
  }
}
