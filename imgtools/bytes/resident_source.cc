#include "imgtools/bytes/resident_source.h"

#include <algorithm>

#include "imgtools/bytes/error.h"

namespace goldhive {

ResidentSource::ResidentSource(const ByteSource& source)
    : ByteSource(source.name()), bytes_(source, 0, static_cast<std::size_t>(source.size())) {}

void ResidentSource::write(std::uint64_t offset, std::span<const std::uint8_t> data) {
  if (offset > size() || data.size() > size() - offset) {
    throw Error(ErrorKind::usage, "a write beyond the end of a source in memory", name());
  }
  std::copy(data.begin(), data.end(), bytes_.data() + offset);
}

void ResidentSource::grow(std::size_t size) {
  if (size < bytes_.size())
    throw Error(ErrorKind::usage, "memory of a source cannot shrink", name());
  bytes_.grow(size);
}

void ResidentSource::do_read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  std::copy_n(bytes_.data() + offset, out.size(), out.begin());
}

}  // namespace goldhive
