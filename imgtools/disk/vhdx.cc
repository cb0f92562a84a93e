#include "imgtools/disk/vhdx.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "imgtools/bytes/error.h"
#include "imgtools/disk/map_bounds.h"
#include "imgtools/disk/vhdx_log.h"

namespace goldhive {

namespace {

constexpr std::uint64_t max_table_bytes = 64U << 20;

bool bit_of(const Bytes& bitmap, std::uint64_t sector) {
  return ((bitmap[static_cast<std::size_t>(sector / 8)] >> (sector % 8)) & 1) != 0;
}

}  // namespace

bool is_vhdx(const ByteSource& file) {
  if (file.size() < 8) return false;
  const Bytes data = file.read(0, 8);
  return ByteView(data, 0, file.name()).starts_with("vhdxfile");
}

std::unique_ptr<VhdxDisk> VhdxDisk::open(const ReadStorage& storage, const std::string& path,
                                         const std::vector<std::string>& parent_folders) {
  const FilePlaces places(storage, path, parent_folders);
  ParentChain chain(storage, places);
  auto disk = open_file(storage.open(path));
  disk->open_rest(chain);
  return disk;
}

std::unique_ptr<VhdxDisk> VhdxDisk::open_file(std::unique_ptr<ByteSource> file) {
  std::unique_ptr<VhdxDisk> disk(new VhdxDisk(std::move(file)));
  if (!is_vhdx(disk->file())) {
    throw Error::corrupt(disk->name(), 0, "is not a VHDX", "\"vhdxfile\"", "other bytes");
  }
  disk->header_ = read_vhdx_header(disk->file());
  return disk;
}

void VhdxDisk::open_rest(ParentChain& chain) {
  chain.enter(name());
  replay_log();
  regions_ = read_vhdx_regions(file());
  metadata_ = read_vhdx_metadata(file(), regions_.metadata);
  read_table();
  check_map();
  if (metadata_.has_parent) open_parent(chain);
}

void VhdxDisk::replay_log() {
  if (header_.log_guid.is_zero()) return;
  VhdxReplay replay = replay_vhdx_log(shared_file(), header_);
  if (!replay.file) {
    add_note(
        "the VHDX was not closed and its log holds no valid entry: either nothing was logged "
        "yet, or the log was lost; what is read may be out of date");
    refuse_writing(
        "the VHDX was not closed and its log holds no valid entry; open it once in "
        "Windows or Hyper-V, or check it with qemu-img check");
    return;
  }
  add_note(fmt::format("the VHDX was not closed: {} log {} replayed in memory", replay.entries,
                       replay.entries == 1 ? "entry was" : "entries were"));
  refuse_writing(
      "the VHDX was not closed and its log must be replayed first; open it once in "
      "Windows or Hyper-V, or run qemu-img check -r all");
  set_file(std::move(replay.file));
}

void VhdxDisk::read_table() {
  const std::uint64_t entries = metadata_.table_entries();
  if (entries * 8 > regions_.table.length) {
    throw Error::corrupt(name(), regions_.table.offset, "the BAT is too short for the disk",
                         fmt::format("{} entries", entries),
                         fmt::format("room for {}", regions_.table.length / 8));
  }
  if (entries * 8 > max_table_bytes) {
    throw Error(
        ErrorKind::unsupported,
        fmt::format("has a BAT of {} entries, at most {} are read", entries, max_table_bytes / 8),
        name());
  }
  const Bytes raw = file().read(regions_.table.offset, static_cast<std::size_t>(entries * 8));
  const ByteView view(raw, regions_.table.offset, name());
  table_.reserve(static_cast<std::size_t>(entries));
  for (std::size_t i = 0; i < entries; ++i) table_.push_back(view.u64(i * 8));
}

VhdxTableEntry VhdxDisk::payload_entry(std::uint64_t block) const {
  return VhdxTableEntry(table_[static_cast<std::size_t>(table_index(block))]);
}

VhdxTableEntry VhdxDisk::bitmap_entry(std::uint64_t chunk) const {
  const std::uint64_t ratio = metadata_.chunk_ratio();
  return VhdxTableEntry(table_[static_cast<std::size_t>(chunk * (ratio + 1) + ratio)]);
}

// Two blocks in one place, or a block over the log, would show the bytes of one sector as those of
// another. A block beyond the end means that the file was cut off: then no verdict may rest on the
// rest of it.
void VhdxDisk::check_map() const {
  const MapBounds bounds(file(), "VHDX");
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;  // start, end
  const auto add = [&](std::uint64_t offset, std::uint64_t length, std::uint64_t entry,
                       const char* what) {
    bounds.require(entry, offset, length, what);
    ranges.emplace_back(offset, offset + length);
  };
  const auto place_of = [this](std::uint64_t index) { return regions_.table.offset + index * 8; };
  const std::uint64_t header = VhdxHeader::offsets[header_.slot];
  ranges.emplace_back(0, vhdx_megabyte);
  if (header_.log_length != 0) add(header_.log_offset, header_.log_length, header, "its log");
  add(regions_.table.offset, regions_.table.length, header, "its BAT");
  add(regions_.metadata.offset, regions_.metadata.length, header, "its metadata");
  for (std::uint64_t block = 0; block < metadata_.blocks(); ++block) {
    const VhdxTableEntry entry = payload_entry(block);
    if (!entry.stored()) continue;
    add(entry.offset, metadata_.block_size, place_of(table_index(block)), "a block of the disk");
  }
  if (metadata_.has_parent) {
    for (std::uint64_t chunk = 0; chunk < metadata_.chunks(); ++chunk) {
      const VhdxTableEntry entry = bitmap_entry(chunk);
      if (!entry.stored()) continue;
      add(entry.offset, vhdx_megabyte, place_of((chunk + 1) * (metadata_.chunk_ratio() + 1) - 1),
          "a sector bitmap");
    }
  }
  std::sort(ranges.begin(), ranges.end());
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].first < ranges[i - 1].second) {
      throw Error::corrupt(name(), ranges[i].first, "two structures of the VHDX overlap");
    }
  }
}

void VhdxDisk::open_parent(ParentChain& chain) {
  const std::vector<std::string> candidates =
      find_parents(chain.storage(), chain.places(), name(), metadata_.parent_paths);
  const auto& wanted = metadata_.parent_guids;
  std::optional<Error> fault;
  for (const std::string& path : candidates) {
    std::shared_ptr<VhdxDisk> disk;
    try {
      disk = open_file(chain.places().open(path, "its parent disk", name()));
    } catch (const Error& e) {
      fault = e;
      continue;
    }
    const Guid& id = disk->header_.data_write_guid;
    if (std::find(wanted.begin(), wanted.end(), id) == wanted.end()) continue;
    disk->open_rest(chain);
    if (disk->sector_size() != sector_size()) {
      throw Error(ErrorKind::corrupt,
                  fmt::format("has sectors of {} bytes, but its parent {} has sectors of {}",
                              sector_size(), path, disk->sector_size()),
                  name());
    }
    for (const std::string& note : disk->notes()) add_note(fmt::format("{}: {}", path, note));
    set_parent(std::move(disk));
    return;
  }
  if (fault) throw *fault;
  throw Error(ErrorKind::corrupt,
              fmt::format("is a differencing disk, and {} is not the parent it was made from, or "
                          "was changed since (want the data write GUID {})",
                          candidates.front(), to_string(wanted.front())),
              name());
}

Extent VhdxDisk::extent_at(std::uint64_t offset) const {
  const std::uint64_t block = offset / metadata_.block_size;
  const std::uint64_t inside = offset % metadata_.block_size;
  const std::uint64_t left = std::min(metadata_.block_size - inside, size() - offset);
  const VhdxTableEntry entry = payload_entry(block);
  switch (entry.state) {
    case VhdxTableEntry::not_present:
      return {parent() != nullptr ? Extent::Kind::parent : Extent::Kind::zeros, left, 0};
    case VhdxTableEntry::undefined:
    case VhdxTableEntry::zero:
    case VhdxTableEntry::unmapped:
      return {Extent::Kind::zeros, left, 0};
    case VhdxTableEntry::fully_present:
      return {Extent::Kind::stored, left, entry.offset + inside};
    case VhdxTableEntry::partially_present:
      if (parent() != nullptr) return partial_extent(block, inside, left);
      break;
    default:
      break;
  }
  throw Error::corrupt(
      name(), regions_.table.offset, fmt::format("bad state of block {} of the VHDX", block),
      parent() != nullptr ? "0-3, 6 or 7" : "0-3 or 6", fmt::format("{}", entry.state));
}

Extent VhdxDisk::partial_extent(std::uint64_t block, std::uint64_t inside,
                                std::uint64_t left) const {
  const VhdxTableEntry entry = payload_entry(block);
  const std::uint64_t ratio = metadata_.chunk_ratio();
  const VhdxTableEntry bitmap_block = bitmap_entry(block / ratio);
  if (bitmap_block.state != VhdxTableEntry::fully_present) {
    throw Error::corrupt(name(), regions_.table.offset,
                         fmt::format("block {} of the VHDX is partially present but has no sector "
                                     "bitmap block",
                                     block),
                         "state 6", fmt::format("{}", bitmap_block.state));
  }
  const std::uint64_t sectors = metadata_.block_size / metadata_.sector_size;
  const Bytes& bitmap = bitmaps_.get(block, [&] {
    const std::uint64_t at = bitmap_block.offset + block % ratio * (sectors / 8);
    return file().read(at, static_cast<std::size_t>(sectors / 8));
  });
  const std::uint64_t first = inside / metadata_.sector_size;
  const std::uint64_t run =
      run_of_bits(first, sectors, [&](std::uint64_t i) { return bit_of(bitmap, i); });
  const std::uint64_t length =
      std::min(left, run * metadata_.sector_size - inside % metadata_.sector_size);
  if (!bit_of(bitmap, first)) return {Extent::Kind::parent, length, 0};
  return {Extent::Kind::stored, length, entry.offset + inside};
}

}  // namespace goldhive
