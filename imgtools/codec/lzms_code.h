// The Huffman codes of LZMS, which change with what they decode.
//
// After a fixed number of symbols, the code is made anew from how often each symbol came; then all
// counts are halved and 1 is added, so that the past fades and no symbol is ever impossible.
//
// Encoder and decoder must make the same code from the same counts. What decides where several are
// optimal:
// - Symbols are taken by count, those of one count by number.
// - Of a symbol and a pair of the same count, the symbol is joined first.
// - Where a codeword would be longer than 15 bits, the pair hangs at the longest place that is
// shorter,
//   and still has codewords to spare.
// - The longest codewords go to the rarest symbols; then codewords of one length are numbered in
// the
//   order of their symbols.
//
// Source: as for lzms.h.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "imgtools/codec/huffman_table.h"

namespace goldhive {

/// Sets `lengths` to the codeword lengths for `counts`, one each, up to 1024 of them, each at least
/// 1 and less than 4096.
void make_lzms_lengths(std::span<const std::uint16_t> counts, std::span<std::uint8_t> lengths);

/// A code of up to MaxSymbols symbols.
template <std::size_t MaxSymbols, unsigned RootBits>
class LzmsCode {
 public:
  /// Begins with a code of `symbols` symbols, which is made anew after each `interval` of them.
  void start(std::size_t symbols, unsigned interval) {
    symbols_ = symbols;
    interval_ = interval;
    std::fill_n(counts_.begin(), symbols, std::uint16_t{1});
    make();
  }

  /// The next symbol; `bits` must have 16 ready.
  template <class Bits>
  unsigned symbol(Bits& bits) {
    const unsigned symbol = table_.symbol(bits);
    ++counts_[symbol];
    if (--left_ == 0) {
      make();
      for (std::size_t i = 0; i < symbols_; ++i) {
        counts_[i] = static_cast<std::uint16_t>(counts_[i] / 2 + 1);
      }
    }
    return symbol;
  }

 private:
  void make() {
    left_ = interval_;
    const std::span lengths(lengths_);
    make_lzms_lengths(std::span(counts_).first(symbols_), lengths.first(symbols_));
    // One symbol alone has a bit, like the first of two.
    if (symbols_ == 1) lengths_[1] = 1;
    const std::size_t used = std::max<std::size_t>(symbols_, 2);
    static_cast<void>(table_.build(lengths.first(used)));  // it is complete
  }

  HuffmanTable<MaxSymbols, RootBits> table_;
  std::array<std::uint16_t, MaxSymbols> counts_{};
  std::array<std::uint8_t, MaxSymbols> lengths_{};
  std::size_t symbols_ = 0;
  unsigned interval_ = 0;
  unsigned left_ = 0;
};

}  // namespace goldhive
