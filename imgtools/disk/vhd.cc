#include "imgtools/disk/vhd.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "imgtools/bytes/error.h"
#include "imgtools/disk/map_bounds.h"

namespace goldhive {

namespace {

constexpr std::uint64_t sector_bytes = 512;
constexpr std::uint64_t max_table_bytes = 64U << 20;

bool bit_of(const Bytes& bitmap, std::uint64_t sector) {
  return ((bitmap[static_cast<std::size_t>(sector / 8)] >> (7 - sector % 8)) & 1) != 0;
}

std::optional<VhdFooter> footer_at(const ByteSource& file, std::uint64_t offset,
                                   std::size_t length) {
  Bytes data = file.read(offset, length);
  if (!has_vhd_cookie(ByteView(data, offset, file.name()))) return std::nullopt;
  data.resize(VhdFooter::length_on_disk);  // a footer of 511 bytes lacks one byte of padding
  return parse_vhd_footer(ByteView(data, offset, file.name()));
}

bool cookie_at(const ByteSource& file, std::uint64_t offset) {
  const Bytes data = file.read(offset, 8);
  return has_vhd_cookie(ByteView(data, offset, file.name()));
}

}  // namespace

bool is_vhd(const ByteSource& file) {
  if (file.size() < VhdFooter::length_on_disk) return false;
  return cookie_at(file, file.size() - 512) || cookie_at(file, file.size() - 511) ||
         cookie_at(file, 0);
}

std::unique_ptr<VhdDisk> VhdDisk::open(const ReadStorage& storage, const std::string& path,
                                       const std::vector<std::string>& parent_folders) {
  const FilePlaces places(storage, path, parent_folders);
  ParentChain chain(storage, places);
  auto disk = open_file(storage.open(path));
  disk->open_rest(chain);
  return disk;
}

std::unique_ptr<VhdDisk> VhdDisk::open_file(std::unique_ptr<ByteSource> file) {
  std::unique_ptr<VhdDisk> disk(new VhdDisk(std::move(file)));
  disk->read_footer();
  return disk;
}

void VhdDisk::open_rest(ParentChain& chain) {
  chain.enter(name());
  if (footer_.type == VhdType::fixed) return;
  read_table();
  check_map();
  if (footer_.type == VhdType::differencing) open_parent(chain);
}

void VhdDisk::read_footer() {
  if (file().size() < VhdFooter::length_on_disk) {
    throw Error::corrupt(name(), 0, "too short for a VHD", "at least 512 bytes",
                         fmt::format("{} bytes", file().size()));
  }
  // The footer at the end, of either length. An error in it counts only if the copy is no better.
  std::optional<VhdFooter> footer;
  std::string fault = "its footer is missing";
  for (const std::size_t length : {std::size_t{512}, std::size_t{511}}) {
    if (footer) break;
    footer_offset_ = file().size() - length;
    try {
      footer = footer_at(file(), footer_offset_, length);
    } catch (const Error& e) {
      if (!cookie_at(file(), 0)) throw;
      fault = e.message();
    }
  }
  if (!footer) {
    footer = footer_at(file(), 0, VhdFooter::length_on_disk);
    if (!footer) {
      throw Error::corrupt(name(), file().size() - VhdFooter::length_on_disk, "no VHD footer",
                           "\"conectix\"", "other bytes");
    }
    if (footer->type == VhdType::fixed) {
      throw Error::corrupt(name(), 0, "a fixed VHD has its footer at the end only");
    }
    footer_offset_ = file().size();
    add_note(fmt::format("the file's end is damaged or cut off ({}): its copy at the start is used",
                         fault));
    refuse_writing("the VHD footer at the end of the file is damaged or missing");
  }
  footer_ = *footer;
  if (footer_.type == VhdType::fixed && footer_.disk_size > footer_offset_) {
    throw Error::corrupt(name(), footer_offset_ + 48, "the fixed VHD is cut off",
                         fmt::format("{} bytes before the footer", footer_.disk_size),
                         fmt::format("{} bytes", footer_offset_));
  }
  if (footer_.saved_state) {
    add_note("the machine of this disk was saved, not shut down: the disk may be out of date");
    refuse_writing("the machine of this disk is in a saved state; resume it and shut it down");
  }
}

void VhdDisk::read_table() {
  const Bytes raw = file().read(footer_.header_offset, VhdDynamicHeader::length_on_disk);
  header_ = parse_vhd_dynamic_header(ByteView(raw, footer_.header_offset, name()));
  const std::uint64_t blocks = (footer_.disk_size + header_.block_size - 1) / header_.block_size;
  if (blocks > header_.table_entries) {
    throw Error::corrupt(name(), footer_.header_offset + 28, "the block table is too short",
                         fmt::format("{} entries", blocks),
                         fmt::format("{}", header_.table_entries));
  }
  if (blocks * 4 > max_table_bytes) {
    throw Error(ErrorKind::unsupported,
                fmt::format("has a block table of {} entries, at most {} are read", blocks,
                            max_table_bytes / 4),
                name());
  }
  const Bytes table = file().read(header_.table_offset, static_cast<std::size_t>(blocks * 4));
  const ByteView view(table, header_.table_offset, name());
  table_.reserve(static_cast<std::size_t>(blocks));
  for (std::size_t i = 0; i < blocks; ++i) table_.push_back(be32(view, i * 4));
}

std::uint64_t VhdDisk::bitmap_size() const {
  const std::uint64_t bytes = header_.block_size / sector_bytes / 8;
  return (bytes + sector_bytes - 1) / sector_bytes * sector_bytes;
}

// Two blocks in one place, or a block over the table or the footer, would show the bytes of one
// sector as those of another; also, a new block is put where the footer is. A block beyond the end
// means that the file was cut off: then no verdict may rest on the rest of it.
void VhdDisk::check_map() const {
  const MapBounds bounds(file(), "VHD");
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;  // sectors: start, end
  const auto add = [&](std::uint64_t offset, std::uint64_t length) {
    ranges.emplace_back(offset / sector_bytes, (offset + length + sector_bytes - 1) / sector_bytes);
  };
  add(0, VhdFooter::length_on_disk);
  add(footer_.header_offset, VhdDynamicHeader::length_on_disk);
  add(header_.table_offset, table_.size() * 4);
  if (footer_offset_ < file().size()) add(footer_offset_, VhdFooter::length_on_disk);
  for (std::size_t block = 0; block < table_.size(); ++block) {
    if (table_[block] == absent_block) continue;
    const std::uint64_t at = table_[block] * sector_bytes;
    const std::uint64_t length = bitmap_size() + header_.block_size;
    bounds.require(header_.table_offset + block * 4, at, length, "a block of the disk");
    add(at, length);
  }
  std::sort(ranges.begin(), ranges.end());
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].first < ranges[i - 1].second) {
      throw Error::corrupt(name(), ranges[i].first * sector_bytes,
                           "two structures of the VHD overlap");
    }
  }
}

void VhdDisk::open_parent(ParentChain& chain) {
  const std::vector<std::string> candidates =
      find_parents(chain.storage(), chain.places(), name(), vhd_parent_paths(file(), header_));
  std::optional<Error> fault;
  for (const std::string& path : candidates) {
    std::shared_ptr<VhdDisk> disk;
    try {
      disk = open_file(chain.places().open(path, "its parent disk", name()));
    } catch (const Error& e) {
      fault = e;
      continue;
    }
    if (disk->footer_.id != header_.parent_id) continue;
    if (disk->footer_.timestamp != header_.parent_timestamp) {
      throw Error(ErrorKind::corrupt,
                  fmt::format("is a differencing disk, and its parent {} was changed after it was "
                              "made (the time stamps differ: {} is recorded, {} found); merge them "
                              "with the program that made them",
                              path, header_.parent_timestamp, disk->footer_.timestamp),
                  name());
    }
    disk->open_rest(chain);
    for (const std::string& note : disk->notes()) add_note(fmt::format("{}: {}", path, note));
    set_parent(std::move(disk));
    return;
  }
  if (fault) throw *fault;
  throw Error(ErrorKind::corrupt,
              fmt::format("is a differencing disk, and {} is not the parent it was made from (the "
                          "unique ids differ)",
                          candidates.front()),
              name());
}

const Bytes& VhdDisk::bitmap_of(std::uint64_t block) const {
  const std::uint64_t at = table_[static_cast<std::size_t>(block)] * sector_bytes;
  return bitmaps_.get(block,
                      [&] { return file().read(at, static_cast<std::size_t>(bitmap_size())); });
}

Extent VhdDisk::extent_at(std::uint64_t offset) const {
  if (footer_.type == VhdType::fixed) return {Extent::Kind::stored, size() - offset, offset};

  const std::uint64_t block = offset / header_.block_size;
  const std::uint64_t inside = offset % header_.block_size;
  const std::uint64_t left = std::min(header_.block_size - inside, size() - offset);
  const std::uint32_t sector = table_[static_cast<std::size_t>(block)];
  if (sector == absent_block) return {absent_kind(), left, 0};

  const std::uint64_t at = sector * sector_bytes;
  const std::uint64_t data = at + bitmap_size();
  const Bytes& bitmap = bitmap_of(block);
  const std::uint64_t first = inside / sector_bytes;
  const std::uint64_t run = run_of_bits(first, header_.block_size / sector_bytes,
                                        [&](std::uint64_t i) { return bit_of(bitmap, i); });
  const std::uint64_t length = std::min(left, run * sector_bytes - inside % sector_bytes);
  if (!bit_of(bitmap, first)) return {absent_kind(), length, 0};
  return {Extent::Kind::stored, length, data + inside};
}

}  // namespace goldhive
