// Changing a dynamic or differencing VHD.
//
//   before:  ... | last block | footer |
//   after:   ... | last block | bitmap | new block | footer |
//
//   phase 0  the file grows; written: new blocks with their bitmaps, stored sectors, and at the new
//            end the footer with a new time stamp
//   phase 1  written: bits of blocks that were there already, table entries of the new blocks, the
//            copy of the footer at the start
//
// After phase 0 no entry points to the new blocks and no bit to the new sectors. So the disk still
// holds its old content, apart from sectors changed in place; no kind of file can promise more.
// While the footer moves, its copy at the start of the file is valid. Of a fixed disk only the
// stored sectors and the footer are written.
//
// By the time stamp a child knows that its parent is no longer the disk from which the child was
// made, and any disk may be a parent. The new stamp is the old one plus a second, so that the same
// patch gives the same bytes anywhere.
//
// In a new block of a dynamic disk all bits are set, as Windows and qemu do it: its other sectors
// are zeros either way. In a new block of a differencing disk only the bits of the written sectors
// are set, so the other sectors still come from the parent.
#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/error.h"
#include "imgtools/disk/vhd.h"

namespace goldhive {

namespace {

using Sectors = std::map<std::uint64_t, Bytes>;  // number on the disk -> content

constexpr std::uint64_t sector_bytes = 512;

void set_bit(Bytes& bitmap, std::uint64_t sector) {
  std::uint8_t& byte = bitmap[static_cast<std::size_t>(sector / 8)];
  byte = static_cast<std::uint8_t>(byte | (0x80 >> (sector % 8)));
}

Bytes big_endian(std::uint32_t value) {
  return {static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
          static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

}  // namespace

/// Makes the writes that need a bit or a new block, and moves the footer.
class VhdDisk::Allocation {
 public:
  Allocation(const VhdDisk& disk, HostChange& change)
      : disk_(disk),
        change_(change),
        start_((disk.footer_offset_ + sector_bytes - 1) / sector_bytes * sector_bytes),
        end_(start_) {}

  void store(std::uint64_t block, const Sectors& sectors) {
    const std::uint32_t place = disk_.table_[static_cast<std::size_t>(block)];
    const bool fresh = place == absent_block;
    const std::uint64_t at = fresh ? allocate(block) : place * sector_bytes;
    Bytes bitmap = fresh ? Bytes(static_cast<std::size_t>(disk_.bitmap_size()),
                                 disk_.parent() == nullptr ? 0xff : 0x00)
                         : disk_.bitmap_of(block);
    const std::uint64_t first = block * (disk_.header_.block_size / sector_bytes);
    for (const auto& [number, data] : sectors) {
      const std::uint64_t inside = number - first;
      set_bit(bitmap, inside);
      disk_.edit(change_, 0, at + disk_.bitmap_size() + inside * sector_bytes, data);
    }
    disk_.edit(change_, fresh ? 0 : 1, at, bitmap);
  }

  /// Adds the footer, behind the new blocks if there are any.
  void finish() {
    const std::uint64_t length = disk_.file().size() - disk_.footer_offset_;  // 511 or 512
    const Bytes footer = new_footer(static_cast<std::size_t>(length));
    if (disk_.footer_.type != VhdType::fixed) disk_.edit(change_, 1, 0, footer);
    if (end_ == start_) {
      disk_.edit(change_, 0, disk_.footer_offset_,
                 std::span(footer).first(static_cast<std::size_t>(length)));
      return;
    }
    disk_.edit(change_, 0, end_, footer);
    change_.sizes.emplace_back(disk_.name(), end_ + footer.size());
  }

 private:
  Bytes new_footer(std::size_t length) const {
    Bytes footer = disk_.file().read(disk_.footer_offset_, length);
    footer.resize(VhdFooter::length_on_disk);
    const auto put = [&footer](std::size_t at, std::uint32_t value) {
      const Bytes bytes = big_endian(value);
      std::copy(bytes.begin(), bytes.end(), footer.begin() + static_cast<std::ptrdiff_t>(at));
    };
    put(VhdFooter::timestamp_at, disk_.footer_.timestamp + 1);
    put(VhdFooter::checksum_at, vhd_checksum(footer, VhdFooter::checksum_at));
    return footer;
  }

  std::uint64_t allocate(std::uint64_t block) {
    const std::uint64_t at = end_;
    if (at / sector_bytes >= absent_block) {
      throw Error(ErrorKind::refused, "is as large as a dynamic VHD can be: no block can be added",
                  disk_.name());
    }
    end_ += disk_.bitmap_size() + disk_.header_.block_size;
    disk_.edit(change_, 1, disk_.header_.table_offset + block * 4,
               big_endian(static_cast<std::uint32_t>(at / sector_bytes)));
    return at;
  }

  const VhdDisk& disk_;
  HostChange& change_;
  std::uint64_t start_;  ///< where the first new block goes: over the footer
  std::uint64_t end_;    ///< behind the last one
};

HostChange VhdDisk::plan_change(const std::vector<Write>& writes) const {
  HostChange change;
  Sectors sectors;
  for_each_piece(
      writes, [&](const Extent& extent, std::uint64_t offset, std::span<const std::uint8_t> data) {
        if (extent.kind == Extent::Kind::stored) {
          edit(change, 0, extent.host_offset, data);
        } else {
          add_sectors(sectors, offset, data);
        }
      });

  Allocation allocation(*this, change);
  while (!sectors.empty()) {
    const std::uint64_t sectors_per_block = header_.block_size / sector_bytes;
    const std::uint64_t block = sectors.begin()->first / sectors_per_block;
    Sectors in_block;
    while (!sectors.empty() && sectors.begin()->first / sectors_per_block == block) {
      in_block.insert(sectors.extract(sectors.begin()));
    }
    allocation.store(block, in_block);
  }
  if (!writes.empty()) allocation.finish();
  return change;
}

}  // namespace goldhive
