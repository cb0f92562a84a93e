#include "imgtools/disk/map_bounds.h"

#include <fmt/format.h>

#include "imgtools/bytes/error.h"

namespace goldhive {

void MapBounds::require(std::uint64_t entry, std::uint64_t start, std::uint64_t length,
                        const char* what) const {
  if (start <= file_->size() && length <= file_->size() - start) return;
  throw Error::corrupt(
      file_->name(), entry,
      fmt::format("the {} is cut off: it names {} beyond its end", container_, what),
      fmt::format("{:#x} bytes from {:#x} on", length, start),
      fmt::format("the end of the file at {:#x}", file_->size()));
}

Bytes MapBounds::table(std::uint64_t entry, std::uint64_t start, std::uint64_t length,
                       const char* what) const {
  require(entry, start, length, what);
  return file_->read(start, static_cast<std::size_t>(length));
}

}  // namespace goldhive
