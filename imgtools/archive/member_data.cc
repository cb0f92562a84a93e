#include "imgtools/archive/member_data.h"

#include <algorithm>

namespace goldhive {

namespace {

constexpr std::size_t page = 4096;

bool is_zero(std::span<const std::uint8_t> data) {
  return std::all_of(data.begin(), data.end(), [](std::uint8_t b) { return b == 0; });
}

/// Leaves out pages of zeros: a disk image is mostly that, and holes take no room.
void write_sparse(SpillFile& file, std::uint64_t offset, std::span<const std::uint8_t> data) {
  while (!data.empty()) {
    const std::size_t length =
        std::min(data.size(), page - static_cast<std::size_t>(offset % page));
    if (!is_zero(data.first(length))) file.write(offset, data.first(length));
    offset += length;
    data = data.subspan(length);
  }
  if (file.size() < offset) file.resize(offset);
}

}  // namespace

/// Makes room up to `size`, in the file once there is too much for memory.
void MemberData::grow(std::uint64_t size) {
  if (spill_) {
    if (spill_->size() < size) spill_->resize(size);
    return;
  }
  if (size <= memory_) {
    if (bytes_.size() < size) bytes_.resize(static_cast<std::size_t>(size));
    return;
  }
  spill_ = std::make_shared<SpillFile>(scratch_, name_);
  write_sparse(*spill_, 0, bytes_);
  bytes_ = Bytes();
  spill_->resize(size);
}

void MemberData::add(const MemberPiece& piece) {
  if (piece.data.size() > UINT64_MAX - piece.offset) {
    throw Error(ErrorKind::corrupt, "data beyond any size", name_);
  }
  grow(piece.offset + piece.data.size());
  if (spill_) {
    write_sparse(*spill_, piece.offset, piece.data);
  } else {
    std::copy(piece.data.begin(), piece.data.end(),
              bytes_.begin() + static_cast<std::ptrdiff_t>(piece.offset));
  }
}

std::shared_ptr<const ByteSource> MemberData::finish(std::uint64_t size) {
  const std::uint64_t have = spill_ ? spill_->size() : bytes_.size();
  if (size > have) grow(size);
  if (spill_) return spill_;
  return std::make_shared<MemorySource>(std::move(bytes_), name_);
}

}  // namespace goldhive
