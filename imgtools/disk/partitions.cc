#include "imgtools/disk/partitions.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "imgtools/bytes/error.h"
#include "imgtools/disk/fs_probe.h"
#include "imgtools/disk/gpt.h"

namespace goldhive {

namespace {

constexpr std::size_t boot_sector_size = 512;
constexpr std::uint32_t max_logical = 512;
/// An empty MBR is a weak mark; a file that is smaller is not taken for a disk by it.
constexpr std::uint64_t smallest_disk = 64 << 10;

struct MbrEntry {
  std::uint8_t status = 0;
  std::uint8_t type = 0;
  std::uint64_t first = 0;  // sectors
  std::uint64_t count = 0;

  bool used() const { return type != 0 && count != 0; }
  bool extended() const { return type == 0x05 || type == 0x0F || type == 0x85; }
};

struct MbrSector {
  bool signed_ = false;  // "55 AA" is there
  MbrEntry entries[4];

  bool valid() const {
    return signed_ && std::all_of(std::begin(entries), std::end(entries),
                                  [](const MbrEntry& e) { return (e.status & 0x7f) == 0; });
  }
  bool any_used() const {
    return std::any_of(std::begin(entries), std::end(entries),
                       [](const MbrEntry& e) { return e.used(); });
  }
  bool empty_table = false;  ///< signed, and all four entries are zeros

  bool protective() const {
    return signed_ && std::any_of(std::begin(entries), std::end(entries),
                                  [](const MbrEntry& e) { return e.type == 0xEE; });
  }
};

MbrSector read_mbr(const ByteSource& disk, std::uint64_t offset) {
  const Bytes raw = disk.read(offset, boot_sector_size);
  const ByteView view(raw, offset, disk.name());
  MbrSector sector;
  sector.signed_ = view.u16(510) == 0xAA55;
  for (std::size_t i = 0; i < 4; ++i) {
    const ByteView e = view.slice(446 + i * 16, 16);
    sector.entries[i] = {e.u8(0), e.u8(4), e.u32(8), e.u32(12)};
  }
  const auto table = view.slice(446, 64).span();
  sector.empty_table = sector.signed_ && std::all_of(table.begin(), table.end(),
                                                     [](std::uint8_t byte) { return byte == 0; });
  return sector;
}

class MbrReader {
 public:
  MbrReader(const ByteSource& disk, std::uint32_t sector) : disk_(disk) {
    table_.scheme = PartitionScheme::mbr;
    table_.sector_size = sector;
  }

  PartitionTable read(const MbrSector& mbr) {
    for (std::uint32_t i = 0; i < 4; ++i) {
      const MbrEntry& entry = mbr.entries[i];
      if (!entry.used()) continue;
      if (entry.extended()) {
        read_extended(entry);
      } else {
        add(i + 1, entry, 0);
      }
    }
    std::sort(table_.partitions.begin(), table_.partitions.end(),
              [](const Partition& a, const Partition& b) { return a.index < b.index; });
    return std::move(table_);
  }

 private:
  void note(std::string text) { table_.notes.push_back(std::move(text)); }

  void lose(std::uint32_t index, std::string type, std::string why) {
    Partition partition;
    partition.index = index;
    partition.type = std::move(type);
    partition.doubt = std::move(why);
    table_.lost.push_back(std::move(partition));
  }
  void lose_chain() { lose(0, "", "the rest of the chain of logical partitions"); }

  void add(std::uint32_t index, const MbrEntry& entry, std::uint64_t base) {
    const std::uint64_t sector = table_.sector_size;
    const std::uint64_t sectors = disk_.size() / sector;
    const std::uint64_t first = base + entry.first;
    if (first == 0 || first >= sectors) {
      note(fmt::format("partition {} starts beyond the end of the disk: passed over", index));
      if (first != 0) {
        lose(index, fmt::format("{:#04x}", entry.type), "starts beyond the end of the disk");
      }
      return;
    }
    Partition partition;
    partition.index = index;
    partition.offset = first * sector;
    partition.length = std::min(entry.count, sectors - first) * sector;
    partition.type = fmt::format("{:#04x}", entry.type);
    if (entry.count > sectors - first) partition.doubt = "it reaches beyond the end of the disk";
    table_.partitions.push_back(std::move(partition));
  }

  void read_extended(const MbrEntry& extended) {
    const std::uint64_t sectors = disk_.size() / table_.sector_size;
    std::set<std::uint64_t> seen;
    std::uint64_t at = extended.first;
    for (;;) {
      if (at >= sectors || !seen.insert(at).second || logical_ - 4 > max_logical) {
        note(
            "the chain of logical partitions leaves the disk or comes back to itself: the rest of "
            "it is passed over");
        lose_chain();
        return;
      }
      const MbrSector link = read_mbr(disk_, at * table_.sector_size);
      if (!link.signed_) {
        note("the chain of logical partitions is broken: the rest of it is passed over");
        lose_chain();
        return;
      }
      if (link.entries[0].used() && !link.entries[0].extended()) {
        add(logical_++, link.entries[0], at);
      }
      if (!link.entries[1].used() || !link.entries[1].extended()) return;
      at = extended.first + link.entries[1].first;
    }
  }

  const ByteSource& disk_;
  PartitionTable table_;
  std::uint32_t logical_ = 5;
};

std::size_t recognised_volumes(const ByteSource& disk, const PartitionTable& table) {
  // The probe reads only the start and keeps nothing, so this pointer does not own the disk.
  const std::shared_ptr<const ByteSource> shared(&disk, [](const ByteSource*) {});
  std::size_t count = 0;
  for (const Partition& p : table.partitions) {
    if (probe_file_system(SliceSource(shared, p.offset, p.length, disk.name())).known()) ++count;
  }
  return count;
}

// An MBR does not say its sector size. The size is right if volumes are found where the table says.
PartitionTable read_mbr_table(const ByteSource& disk, const MbrSector& mbr,
                              const std::vector<std::uint32_t>& sector_sizes) {
  PartitionTable best = MbrReader(disk, sector_sizes.front()).read(mbr);
  std::size_t recognised = sector_sizes.size() > 1 ? recognised_volumes(disk, best) : 0;
  for (std::size_t i = 1; i < sector_sizes.size(); ++i) {
    PartitionTable table = MbrReader(disk, sector_sizes[i]).read(mbr);
    const std::size_t count = recognised_volumes(disk, table);
    if (count <= recognised) continue;
    best = std::move(table);
    recognised = count;
  }
  return best;
}

std::optional<PartitionTable> read_any_gpt(const ByteSource& disk, bool protective,
                                           const std::vector<std::uint32_t>& sector_sizes) {
  for (const std::uint32_t size : sector_sizes) {
    auto table = read_gpt(disk, size);
    if (!table) continue;
    if (!protective) table->notes.push_back("the MBR that should protect the GPT is missing");
    return table;
  }
  if (!protective) return std::nullopt;
  for (const std::uint32_t size : sector_sizes) {
    auto table = read_backup_gpt(disk, size);
    if (!table) continue;
    table->notes.push_back("the first GPT is damaged: its copy at the end of the disk is used");
    return table;
  }
  throw Error::corrupt(disk.name(), sector_sizes.front(), "the GPT and its copy are both damaged",
                       "\"EFI PART\" and matching CRCs", "neither");
}

void doubt_overlaps(PartitionTable& table) {
  std::vector<Partition*> sorted;
  for (Partition& p : table.partitions) sorted.push_back(&p);
  std::sort(sorted.begin(), sorted.end(),
            [](const Partition* a, const Partition* b) { return a->offset < b->offset; });
  Partition* furthest = nullptr;  // the one that ends last, of the partitions before
  for (Partition* p : sorted) {
    if (furthest != nullptr && p->offset < furthest->offset + furthest->length) {
      furthest->doubt = fmt::format("it overlaps partition {}", p->index);
      p->doubt = fmt::format("it overlaps partition {}", furthest->index);
    }
    if (furthest == nullptr || p->offset + p->length > furthest->offset + furthest->length) {
      furthest = p;
    }
  }
}

PartitionTable bare_volume(const ByteSource& disk, std::uint32_t sector_size) {
  PartitionTable table;
  table.sector_size = sector_size;
  Partition whole;
  whole.length = disk.size();
  table.partitions.push_back(whole);
  return table;
}

}  // namespace

PartitionTable read_partitions(const ByteSource& disk, std::uint32_t sector_size) {
  const std::vector<std::uint32_t> sizes = sector_size != 0
                                               ? std::vector<std::uint32_t>{sector_size}
                                               : std::vector<std::uint32_t>{512, 4096};
  PartitionTable nothing;
  nothing.sector_size = sizes.front();
  if (disk.size() < boot_sector_size) return nothing;

  const FileSystem& whole = probe_file_system(disk);
  if (whole.boot_sector) return bare_volume(disk, sizes.front());

  const MbrSector mbr = read_mbr(disk, 0);
  const bool mbr_has_partitions = mbr.valid() && mbr.any_used();
  std::optional<PartitionTable> table;
  if (mbr.protective() || !mbr_has_partitions) table = read_any_gpt(disk, mbr.protective(), sizes);
  if (!table && mbr_has_partitions) table = read_mbr_table(disk, mbr, sizes);
  if (!table && !whole.known() && mbr.empty_table && disk.size() >= smallest_disk &&
      disk.size() % boot_sector_size == 0) {
    nothing.scheme = PartitionScheme::mbr;
  }
  if (!table) return whole.known() ? bare_volume(disk, sizes.front()) : nothing;
  doubt_overlaps(*table);
  return std::move(*table);
}

}  // namespace goldhive
