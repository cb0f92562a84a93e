#include "src/cli/spool.h"

namespace goldhive::cli {
namespace {

constexpr std::streamoff longest = 1 << 20;

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

void Spool::put_away() {
  if (latest_.tellp() < longest) return;
  if (!before_) before_ = std::make_unique<SpillFile>(directory_, "the report");
  before_->write(before_->size(), bytes_of(latest_.str()));
  latest_.str("");
}

void Spool::each_piece(const TakePiece& take) const {
  std::uint64_t at = 0;
  if (before_) {
    goldhive::each_piece(*before_, take);
    at = before_->size();
  }
  const std::string rest = latest_.str();
  if (!rest.empty()) take(at, bytes_of(rest));
}

}  // namespace goldhive::cli
