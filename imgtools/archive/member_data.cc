#include "imgtools/archive/member_data.h"

#include <fmt/format.h>

#include <algorithm>

namespace goldhive {

namespace {

constexpr std::size_t page = 4096;

bool is_zero(std::span<const std::uint8_t> data) {
  return std::all_of(data.begin(), data.end(), [](std::uint8_t b) { return b == 0; });
}

/// Leaves out pages of zeros: most of a disk image is zeros, and holes take no room.
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

[[noreturn]] void refuse_size(const std::string& member, std::uint64_t size) {
  throw Error(ErrorKind::corrupt,
              fmt::format("the archive gives it data up to byte {:#x}, which is more than any file "
                          "can hold",
                          size),
              member);
}

}  // namespace

/// Makes room up to `size`: in memory, or in the file once that is too much for memory.
void MemberData::grow(std::uint64_t size) {
  if (!spilt_ && size <= memory_) {
    if (bytes_.size() < size) bytes_.resize(static_cast<std::size_t>(size));
    return;
  }
  if (!spilt_) {
    if (!spill_.file) spill_.file = std::make_shared<SpillFile>(spill_.directory, name_);
    spilt_ = true;
    base_ = spill_.file->size();
    write_sparse(*spill_.file, base_, bytes_);
    bytes_ = Bytes();
  }
  if (size > INT64_MAX - base_) refuse_size(name_, size);
  size_ = std::max(size_, size);
  if (spill_.file->size() < base_ + size_) spill_.file->resize(base_ + size_);
}

void MemberData::add(const MemberPiece& piece) {
  if (piece.data.size() > UINT64_MAX - piece.offset) refuse_size(name_, UINT64_MAX);
  grow(piece.offset + piece.data.size());
  if (spilt_) {
    write_sparse(*spill_.file, base_ + piece.offset, piece.data);
  } else {
    std::copy(piece.data.begin(), piece.data.end(),
              bytes_.begin() + static_cast<std::ptrdiff_t>(piece.offset));
  }
}

std::shared_ptr<const ByteSource> MemberData::finish(std::uint64_t size) {
  if (size > (spilt_ ? size_ : bytes_.size())) grow(size);
  if (spilt_) return std::make_shared<SliceSource>(spill_.file, base_, size_, name_);
  return std::make_shared<MemorySource>(std::move(bytes_), name_);
}

std::shared_ptr<const SpillFile> in_own_file(const ByteSource& data, const std::string& directory) {
  auto file = std::make_shared<SpillFile>(directory, data.name());
  each_piece(data, [&](std::uint64_t at, std::span<const std::uint8_t> piece) {
    write_sparse(*file, at, piece);
  });
  return file;
}

}  // namespace goldhive
