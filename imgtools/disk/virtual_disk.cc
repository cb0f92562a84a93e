#include "imgtools/disk/virtual_disk.h"

#include <algorithm>

namespace goldhive {

std::vector<std::string> MappedDisk::host_files() const {
  std::vector<std::string> files;
  for (const MappedDisk* disk = this; disk != nullptr; disk = disk->parent()) {
    files.push_back(disk->name());
  }
  return files;
}

namespace {

void fill_zeros(std::span<std::uint8_t> out) { std::fill(out.begin(), out.end(), std::uint8_t{0}); }

}  // namespace

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
        // A child may be larger than its parent; what the parent never had is zero.
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

}  // namespace goldhive
