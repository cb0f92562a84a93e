#include "imgtools/wim/wim_hashed_source.h"

#include "imgtools/error.h"

namespace goldhive {

void WimHashedSource::do_read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  base_->read(offset, out);
  if (offset == 0) {
    sum_.emplace();
    next_ = 0;
  }
  if (!sum_ || offset != next_) return;
  sum_->add(out);
  next_ += out.size();
  if (next_ != size()) return;
  const Sha1Digest found = sum_->finish();
  sum_.reset();
  if (found == expected_) return;
  throw Error(ErrorKind::corrupt,
              "the content does not have the SHA-1 that the WIM has for it: expected " +
                  to_hex(expected_) + ", found " + to_hex(found),
              name());
}

}  // namespace goldhive
