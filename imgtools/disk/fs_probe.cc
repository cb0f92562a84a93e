#include "imgtools/disk/fs_probe.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

#include "imgtools/bytes/guid.h"

namespace goldhive {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t head_size = 4096;

bool has(const ByteView& head, std::size_t at, std::string_view magic) {
  return at + magic.size() <= head.size() && head.from(at).starts_with(magic);
}

bool ends_as_boot_sector(const ByteView& head) {
  return head.size() >= 512 && head.u16(510) == 0xAA55;
}

// BitLocker To Go on FAT keeps a FAT boot sector; this GUID in it shows that it is BitLocker.
bool is_bitlocker(const ByteView& head) {
  if (has(head, 3, "-FVE-FS-")) return true;
  return has(head, 3, "MSWIN4.1") && head.size() >= 512 &&
         guid_at(head, 424) == parse_guid("4967d63b-2e29-4ad8-8399-f6a339e3d001");
}

/// The number of data clusters of what looks like a FAT volume; 0 if it does not look like one.
/// Source of the BIOS parameter block: Microsoft, "FAT: General Overview of On-Disk Format" 1.03.
std::uint64_t fat_clusters(const ByteView& head) {
  if (!ends_as_boot_sector(head) || (head.u8(0) != 0xEB && head.u8(0) != 0xE9)) return 0;
  const std::uint32_t sector = head.u16(11);
  const std::uint32_t cluster = head.u8(13);
  const std::uint32_t reserved = head.u16(14);
  const std::uint32_t tables = head.u8(16);
  if (sector < 512 || sector > 4096 || !std::has_single_bit(sector)) return 0;
  if (!std::has_single_bit(cluster) || reserved == 0 || tables == 0 || tables > 2) return 0;
  if (head.u8(21) < 0xF0) return 0;
  const std::uint64_t total = head.u16(19) != 0 ? head.u16(19) : head.u32(32);
  const std::uint64_t table_size = head.u16(22) != 0 ? head.u16(22) : head.u32(36);
  const std::uint64_t root = (head.u16(17) * 32ULL + sector - 1) / sector;
  const std::uint64_t overhead = reserved + tables * table_size + root;
  return table_size == 0 || total <= overhead ? 0 : (total - overhead) / cluster;
}

bool is_fat(const ByteView& head, std::uint64_t from, std::uint64_t below) {
  const std::uint64_t clusters = fat_clusters(head);
  // Only FAT32 has no 16-bit table size, whatever its number of clusters.
  return clusters != 0 && head.u16(22) != 0 && clusters >= from && clusters < below;
}

bool is_ext(const ByteView& head) { return head.size() >= 2048 && head.u16(1024 + 56) == 0xEF53; }
std::uint32_t ext_compatible(const ByteView& head) { return head.u32(1024 + 92); }
// Extents, 64-bit, flexible groups: features that only ext4 has.
bool has_ext4_features(const ByteView& head) { return (head.u32(1024 + 96) & 0x2C0) != 0; }

bool is_lvm(const ByteView& head) {
  for (std::size_t sector = 0; sector < 4; ++sector) {
    if (has(head, sector * 512, "LABELONE") && has(head, sector * 512 + 24, "LVM2 001"))
      return true;
  }
  return false;
}

struct Probe {
  FileSystem file_system;
  bool (*matches)(const ByteView& head);
};

// The first probe that matches counts.
const Probe probes[] = {
    {{"bitlocker", "BitLocker", true}, is_bitlocker},
    {{"ntfs", "NTFS", true}, [](const ByteView& h) { return has(h, 3, "NTFS    "); }},
    {{"exfat", "exFAT", true}, [](const ByteView& h) { return has(h, 3, "EXFAT   "); }},
    {{"refs", "ReFS", true},
     [](const ByteView& h) { return has(h, 3, std::string_view("ReFS\0\0\0\0", 8)); }},
    {{"fat32", "FAT32", true},
     [](const ByteView& h) { return fat_clusters(h) != 0 && h.u16(22) == 0; }},
    {{"fat16", "FAT16", true},
     [](const ByteView& h) { return is_fat(h, 4085, ~std::uint64_t{0}); }},
    {{"fat12", "FAT12", true}, [](const ByteView& h) { return is_fat(h, 1, 4085); }},
    // Linux, include/uapi/linux/magic.h and fs/ of each; Apple, TN1150 and "Apple File System
    // Reference".
    {{"ext4", "ext4", false, true},
     [](const ByteView& h) { return is_ext(h) && has_ext4_features(h); }},
    {{"ext3", "ext3", false, true},
     [](const ByteView& h) { return is_ext(h) && (ext_compatible(h) & 4) != 0; }},
    {{"ext2", "ext2", false, true}, is_ext},
    {{"xfs", "XFS", false, true}, [](const ByteView& h) { return has(h, 0, "XFSB"); }},
    {{"f2fs", "F2FS", false, true},
     [](const ByteView& h) { return has(h, 1024, "\x10\x20\xf5\xf2"); }},
    {{"hfs+", "HFS+", false, true},
     [](const ByteView& h) { return has(h, 1024, "H+\0\4"sv) || has(h, 1024, "HX\0\5"sv); }},
    {{"apfs", "APFS", false, true}, [](const ByteView& h) { return has(h, 32, "NXSB"); }},
    {{"lvm2", "an LVM physical volume", false}, is_lvm},
    {{"swap", "Linux swap", false, true},
     [](const ByteView& h) { return has(h, 4086, "SWAPSPACE2") || has(h, 4086, "SWAP-SPACE"); }},
};

const FileSystem unknown{"", "an unknown file system", false};
const FileSystem btrfs{"btrfs", "Btrfs", false, true};

/// Its superblock lies farther on than all others: at 64 KiB, with its mark at 64.
bool is_btrfs(const ByteSource& volume) {
  constexpr std::uint64_t at = (64 << 10) + 64;
  return volume.size() >= at + 8 &&
         ByteView(volume.read(at, 8), at, volume.name()).starts_with("_BHRfS_M");
}

}  // namespace

const FileSystem& probe_file_system(const ByteSource& volume) {
  const Bytes data =
      volume.read(0, static_cast<std::size_t>(std::min<std::uint64_t>(volume.size(), head_size)));
  const ByteView head(data, 0, volume.name());
  for (const Probe& probe : probes) {
    if (probe.matches(head)) return probe.file_system;
  }
  return is_btrfs(volume) ? btrfs : unknown;
}

}  // namespace goldhive
