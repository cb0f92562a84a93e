#include "imgtools/disk/virtual_disk.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/error.h"

namespace goldhive {

HostChange VirtualDisk::host_change(const std::vector<Write>& writes) const {
  if (!write_refusal_.empty()) throw Error(ErrorKind::refused, write_refusal_, name());
  for (const Write& write : writes) {
    if (write.offset > size() || write.data.size() > size() - write.offset) {
      throw Error::corrupt(name(), write.offset, "write beyond the end of the disk",
                           fmt::format("below {:#x}", size()),
                           fmt::format("{} bytes", write.data.size()));
    }
  }
  return plan_change(writes);
}

HostChange VirtualDisk::plan_change(const std::vector<Write>&) const {
  throw Error(ErrorKind::refused, write_refusal_, name());
}

std::vector<std::string> MappedDisk::host_files() const {
  std::vector<std::string> files;
  for (const MappedDisk* disk = this; disk != nullptr; disk = disk->parent()) {
    files.push_back(disk->name());
  }
  return files;
}

/// Nothing is read for them, but a disk can be made of more of them than anybody has patience for.
void MappedDisk::fill_zeros(std::span<std::uint8_t> out) const {
  if (const SharedBudget budget = this->budget()) budget->read(out.size(), name());
  std::fill(out.begin(), out.end(), std::uint8_t{0});
}

void MappedDisk::do_read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  while (!out.empty()) {
    const Extent extent = extent_at(offset);
    const auto piece =
        out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), extent.length)));
    switch (extent.kind) {
      case Extent::Kind::zeros:
        fill_zeros(piece);
        break;
      case Extent::Kind::stored:
        file_->read(extent.host_offset, piece);
        break;
      case Extent::Kind::parent: {
        // A child may be larger than its parent; beyond the end of the parent it reads as zeros.
        const std::uint64_t end = parent_->size();
        const auto held = static_cast<std::size_t>(
            offset >= end ? 0 : std::min<std::uint64_t>(piece.size(), end - offset));
        if (held > 0) parent_->read(offset, piece.first(held));
        fill_zeros(piece.subspan(held));
        break;
      }
    }
    out = out.subspan(piece.size());
    offset += piece.size();
  }
}

void MappedDisk::for_each_piece(const std::vector<Write>& writes, const OnPiece& on_piece) const {
  for (const Write& write : writes) {
    std::uint64_t offset = write.offset;
    std::span<const std::uint8_t> rest = write.data;
    while (!rest.empty()) {
      const Extent extent = extent_at(offset);
      const auto piece =
          rest.first(static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), extent.length)));
      on_piece(extent, offset, piece);
      offset += piece.size();
      rest = rest.subspan(piece.size());
    }
  }
}

void MappedDisk::edit(HostChange& change, int phase, std::uint64_t host_offset,
                      std::span<const std::uint8_t> data) const {
  change.edits.push_back({name(), phase, {host_offset, Bytes(data.begin(), data.end())}});
}

void MappedDisk::add_sectors(std::map<std::uint64_t, Bytes>& sectors, std::uint64_t offset,
                             std::span<const std::uint8_t> data) const {
  const std::uint64_t sector = sector_size();
  while (!data.empty()) {
    const std::uint64_t number = offset / sector;
    const std::uint64_t inside = offset % sector;
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(sector - inside, data.size()));
    auto it = sectors.find(number);
    if (it == sectors.end()) {
      it = sectors.emplace(number, read(number * sector, static_cast<std::size_t>(sector))).first;
    }
    std::copy_n(data.begin(), length, it->second.begin() + static_cast<std::ptrdiff_t>(inside));
    offset += length;
    data = data.subspan(length);
  }
}

HostChange MappedDisk::plan_change(const std::vector<Write>& writes) const {
  HostChange change;
  for_each_piece(
      writes, [&](const Extent& extent, std::uint64_t offset, std::span<const std::uint8_t> data) {
        if (extent.kind != Extent::Kind::stored) {
          throw Error(
              ErrorKind::refused,
              fmt::format("stores no data for offset {:#x} of its disk, and a disk of this kind is "
                          "only changed where it stores data",
                          offset),
              name());
        }
        edit(change, 0, extent.host_offset, data);
      });
  return change;
}

}  // namespace goldhive
