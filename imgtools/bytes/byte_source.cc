#include "imgtools/bytes/byte_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/large_buffer.h"

namespace goldhive {

namespace {

void check_range(const ByteSource& source, std::uint64_t offset, std::uint64_t length) {
  if (offset > source.size() || length > source.size() - offset) {
    throw Error::corrupt(source.name(), offset, "read beyond the end",
                         fmt::format("{} bytes", length),
                         fmt::format("{} bytes in all", source.size()));
  }
}

}  // namespace

void ByteSource::read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  check_range(*this, offset, out.size());
  if (out.empty()) return;
  do_read(offset, out);
  stats_.reads += 1;
  stats_.bytes += out.size();
}

Bytes ByteSource::read(std::uint64_t offset, std::size_t length) const {
  check_range(*this, offset, length);
  Bytes out(length);
  read(offset, std::span<std::uint8_t>(out));
  return out;
}

void each_piece(const ByteSource& source, std::uint64_t offset, std::uint64_t length,
                const TakePiece& take) {
  constexpr std::uint64_t longest = 64 * 1024;
  LargeBuffer buffer(static_cast<std::size_t>(std::min(length, longest)));
  for (const std::uint64_t end = offset + length; offset < end;) {
    const auto piece =
        buffer.span().first(static_cast<std::size_t>(std::min(end - offset, longest)));
    source.read(offset, piece);
    take(offset, piece);
    offset += piece.size();
  }
}

void each_piece(const ByteSource& source, const TakePiece& take) {
  each_piece(source, 0, source.size(), take);
}

void MemorySource::do_read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  std::copy_n(data_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
}

SliceSource::SliceSource(std::shared_ptr<const ByteSource> base, std::uint64_t offset,
                         std::uint64_t length, std::string name)
    : ByteSource(std::move(name)), base_(std::move(base)), offset_(offset), length_(length) {
  check_range(*base_, offset, length);
}

std::string SliceSource::open_path() const {
  return offset_ == 0 && length_ == base_->size() ? base_->open_path() : "";
}

void SliceSource::do_read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  base_->read(offset_ + offset, out);
}

}  // namespace goldhive
