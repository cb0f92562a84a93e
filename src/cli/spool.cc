#include "src/cli/spool.h"

#include "imgtools/bytes/text.h"

namespace goldhive::cli {

void Spool::Buffer::add(std::string_view text) {
  constexpr std::size_t longest = 1 << 20;
  latest_ += text;
  if (latest_.size() < longest) return;
  if (!before_) before_ = std::make_unique<SpillFile>(directory_, "the report");
  before_->write(before_->size(), text_bytes(latest_));
  latest_.clear();
}

Spool::Buffer::int_type Spool::Buffer::overflow(int_type c) {
  if (!traits_type::eq_int_type(c, traits_type::eof())) {
    const char one = traits_type::to_char_type(c);
    add({&one, 1});
  }
  return traits_type::not_eof(c);
}

std::streamsize Spool::Buffer::xsputn(const char* text, std::streamsize length) {
  add({text, static_cast<std::size_t>(length)});
  return length;
}

void Spool::Buffer::each_piece(const TakePiece& take) const {
  std::uint64_t at = 0;
  if (before_) {
    goldhive::each_piece(*before_, take);
    at = before_->size();
  }
  if (!latest_.empty()) take(at, text_bytes(latest_));
}

}  // namespace goldhive::cli
