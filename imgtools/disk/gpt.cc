#include "imgtools/disk/gpt.h"

#include <algorithm>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/guid.h"
#include "imgtools/bytes/text.h"
#include "imgtools/disk/crc.h"

namespace goldhive {

namespace {

/// A hostile table of 4 MiB could have thousands of entries over one volume, which would be opened
/// for each. Windows makes 128 entries.
constexpr std::size_t max_partitions = 256;
constexpr std::uint64_t max_table_bytes = 4U << 20;  // a usual table has 16 KiB

struct Range {
  std::uint64_t offset;
  std::uint64_t length;
};

// The bytes of `sectors` from `first` on, cut to the disk; nullopt if they start beyond its end.
std::optional<Range> range_of(std::uint64_t disk, std::uint32_t sector, std::uint64_t first,
                              std::uint64_t sectors) {
  if (first >= disk / sector) return std::nullopt;
  const std::uint64_t left = disk / sector - first;
  return Range{first * sector, std::min(left, sectors) * sector};
}

std::string name_of(const ByteView& entry) {
  std::u16string name = utf16_from_bytes(entry.slice(56, 72).span());
  name.resize(std::min(name.find(u'\0'), name.size()));
  return to_utf8(name);
}

std::optional<PartitionTable> read_at(const ByteSource& disk, std::uint32_t sector,
                                      std::uint64_t header_sector) {
  const Bytes raw = disk.read(header_sector * sector, 512);
  const ByteView header(raw, header_sector * sector, disk.name());
  const std::uint32_t header_size = header.u32(12);
  if (!header.starts_with("EFI PART") || header_size < 92 || header_size > raw.size() ||
      header.u64(24) != header_sector ||
      header.u32(16) != crc32_without_field(std::span(raw).first(header_size), 16)) {
    return std::nullopt;
  }
  const std::uint64_t count = header.u32(80);
  const std::uint64_t entry_size = header.u32(84);
  const std::uint64_t table_sector = header.u64(72);
  if (entry_size < 128 || entry_size % 8 != 0 || count * entry_size > max_table_bytes ||
      table_sector >= disk.size() / sector ||
      count * entry_size > disk.size() - table_sector * sector) {
    return std::nullopt;
  }
  const std::uint64_t table_at = table_sector * sector;
  const Bytes entries = disk.read(table_at, static_cast<std::size_t>(count * entry_size));
  if (crc32(entries) != header.u32(88)) return std::nullopt;

  PartitionTable table;
  table.scheme = PartitionScheme::gpt;
  table.sector_size = sector;
  const ByteView view(entries, table_at, disk.name());
  for (std::uint32_t i = 0; i < count; ++i) {
    const ByteView entry = view.slice(static_cast<std::size_t>(i * entry_size), 128);
    if (guid_at(entry, 0).is_zero()) continue;
    Partition partition;
    partition.index = i + 1;
    partition.type = to_string(guid_at(entry, 0));
    partition.name = name_of(entry);
    const std::uint64_t first = entry.u64(32);
    const std::uint64_t last = entry.u64(40);
    const auto range = last < first ? std::nullopt
                                    : range_of(disk.size(), sector, first,
                                               std::max(last - first + 1, last - first));
    if (!range) {
      table.notes.push_back("partition " + std::to_string(i + 1) +
                            " is empty or starts beyond the end of the disk: passed over");
      partition.doubt = "starts beyond the end of the disk";
      if (last >= first) table.lost.push_back(std::move(partition));
      continue;
    }
    if (table.partitions.size() == max_partitions) {
      throw Error(ErrorKind::corrupt,
                  "has a GPT of more than " + std::to_string(max_partitions) + " partitions",
                  disk.name());
    }
    partition.offset = range->offset;
    partition.length = range->length;
    if (last >= disk.size() / sector) partition.doubt = "it reaches beyond the end of the disk";
    table.partitions.push_back(std::move(partition));
  }
  return table;
}

}  // namespace

std::optional<PartitionTable> read_gpt(const ByteSource& disk, std::uint32_t sector_size) {
  if (disk.size() < 3ULL * sector_size) return std::nullopt;
  return read_at(disk, sector_size, 1);
}

std::optional<PartitionTable> read_backup_gpt(const ByteSource& disk, std::uint32_t sector_size) {
  if (disk.size() < 3ULL * sector_size) return std::nullopt;
  return read_at(disk, sector_size, disk.size() / sector_size - 1);
}

}  // namespace goldhive
