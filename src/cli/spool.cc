#include "src/cli/spool.h"

#include "imgtools/bytes/text.h"

namespace goldhive::cli {
namespace {

constexpr std::streamoff longest = 1 << 20;

}  // namespace

void Spool::put_away() {
  if (latest_.tellp() < longest) return;
  if (!before_) before_ = std::make_unique<SpillFile>(directory_, "the report");
  before_->write(before_->size(), text_bytes(latest_.str()));
  latest_.str("");
}

void Spool::each_piece(const TakePiece& take) const {
  std::uint64_t at = 0;
  if (before_) {
    goldhive::each_piece(*before_, take);
    at = before_->size();
  }
  const std::string rest = latest_.str();
  if (!rest.empty()) take(at, text_bytes(rest));
}

}  // namespace goldhive::cli
