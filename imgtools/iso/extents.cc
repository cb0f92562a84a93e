#include "imgtools/iso/extents.h"

#include <algorithm>
#include <utility>

namespace goldhive {

void append(std::vector<DiscExtent>& extents, const DiscExtent& next) {
  if (next.length == 0) return;
  if (!extents.empty()) {
    DiscExtent& last = extents.back();
    const bool goes_on = last.offset ? next.offset == *last.offset + last.length : !next.offset;
    if (goes_on) {
      last.length += next.length;
      return;
    }
  }
  extents.push_back(next);
}

ExtentSource::ExtentSource(std::shared_ptr<const ByteSource> image,
                           const std::vector<DiscExtent>& extents, std::string name)
    : ByteSource(std::move(name)), image_(std::move(image)) {
  for (const DiscExtent& extent : extents) {
    pieces_.push_back({size_, extent});
    size_ += extent.length;
  }
}

void ExtentSource::do_read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  auto piece = std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                                [](std::uint64_t at, const Piece& p) { return at < p.start; });
  for (--piece; !out.empty(); ++piece) {
    const std::uint64_t within = offset - piece->start;
    const std::uint64_t rest = piece->extent.length - within;
    const auto part =
        out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), rest)));
    if (piece->extent.offset) {
      image_->read(*piece->extent.offset + within, part);
    } else {
      if (const SharedBudget budget = this->budget()) budget->read(part.size(), name());
      std::fill(part.begin(), part.end(), std::uint8_t{0});
    }
    out = out.subspan(part.size());
    offset += part.size();
  }
}

}  // namespace goldhive
