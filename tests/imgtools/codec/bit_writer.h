// Chunks written by hand: bits in units of 16, as the readers of imgtools/codec/bit_reader.h take
// them.
#pragma once

#include <initializer_list>
#include <span>

#include "imgtools/bytes/bytes.h"

namespace goldhive::testing {

struct Codeword {
  std::uint32_t bits = 0;
  unsigned length = 0;
};

/// The codewords of a canonical code, for each symbol. The lengths may be those of no possible
/// code.
inline std::vector<Codeword> codewords(std::span<const std::uint8_t> lengths) {
  std::vector<Codeword> words(lengths.size());
  std::uint32_t next = 0;
  for (unsigned length = 1; length <= 16; ++length, next <<= 1) {
    for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
      if (lengths[symbol] == length) words[symbol] = {next++, length};
    }
  }
  return words;
}

class BitWriter {
 public:
  BitWriter& bits(std::uint32_t value, unsigned count) {
    while (count-- > 0) {
      if (free_ == 0) {
        unit_at_ = bytes_.size();
        bytes_.resize(bytes_.size() + 2);
        free_ = 16;
      }
      --free_;
      if (((value >> count) & 1) != 0) {
        bytes_[unit_at_ + free_ / 8] |= static_cast<std::uint8_t>(1 << (free_ % 8));
      }
    }
    return *this;
  }
  BitWriter& word(const Codeword& word) { return bits(word.bits, word.length); }

  /// Bytes behind the unit that was begun last.
  BitWriter& bytes(std::initializer_list<int> values) {
    for (const int value : values) bytes_.push_back(static_cast<std::uint8_t>(value));
    return *this;
  }
  /// The next bit begins a unit.
  BitWriter& end_unit() {
    free_ = 0;
    return *this;
  }

  /// Whether no unit is begun.
  bool at_unit() const { return free_ == 0; }

  const Bytes& done() const { return bytes_; }

 private:
  Bytes bytes_;
  std::size_t unit_at_ = 0;
  unsigned free_ = 0;
};

}  // namespace goldhive::testing
