#include "imgtools/wim/wim_hashed_source.h"

#include <algorithm>
#include <future>

#include "imgtools/bytes/error.h"

namespace goldhive {

namespace {

/// One piece is hashed while the next one is decoded.
constexpr std::size_t piece_size = 2 << 20;

}  // namespace

void WimHashedSource::do_read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  if (offset == 0) {
    sum_.emplace();
    next_ = 0;
  }
  const bool in_order = sum_ && offset == next_;
  if (in_order) next_ = out_of_order;  // stays so if reading or hashing fails
  std::future<void> summing;
  for (std::size_t done = 0; done < out.size();) {
    const auto piece = out.subspan(done, std::min(piece_size, out.size() - done));
    base_->read(offset + done, piece);
    done += piece.size();
    if (!in_order) continue;
    if (summing.valid()) summing.get();
    if (done == out.size()) {
      sum_->add(piece);
    } else {
      summing = std::async(std::launch::async, [this, piece] { sum_->add(piece); });
    }
  }
  if (!in_order) return;
  next_ = offset + out.size();
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
