// Decodes canonical Huffman codes, of which a format gives only the length of each symbol's
// codeword: shorter codewords come first, those of one length in the order of their symbols.
//
// A table indexed by the next bits (RootBits of them) gives symbol and length of all short
// codewords. Longer ones are rare. They need no second table: of each length they are consecutive
// numbers, so that comparing the next bits with where each length ends gives the length, and a
// subtraction the symbol.
//
// A code whose codewords leave bits over, or that has more than fit, is refused; one without any
// symbol is not: LZX has such a code where nothing uses it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "imgtools/codec/chunk_decoder.h"

namespace goldhive {

/// The part that is the same for every size. Codewords have at most 16 bits.
class HuffmanRows {
 public:
  static constexpr unsigned longest = 16;

  /// What a symbol() gives that is none; no code has so many symbols.
  static constexpr unsigned no_symbol = 0xffff;

 protected:
  /// `symbols` and `direct` are the tables of the code, of as many entries as there are lengths and
  /// 1 << root_bits. After a fault they must not be used.
  ChunkFault build(std::span<const std::uint8_t> lengths, std::span<std::uint16_t> symbols,
                   std::span<std::uint16_t> direct, unsigned root_bits);

  /// Where the codewords of a length end, as numbers of 16 bits.
  std::array<std::uint32_t, longest + 1> ends_{};
  /// What to add to a codeword of a length to get its place in the list of symbols.
  std::array<std::uint32_t, longest + 1> places_{};
};

template <std::size_t Symbols, unsigned RootBits>
class HuffmanTable : private HuffmanRows {
 public:
  using HuffmanRows::longest;
  using HuffmanRows::no_symbol;

  /// Takes the length of each symbol's codeword, 0 for those without one, of up to Symbols symbols:
  /// none, empty_code, incomplete_code or oversubscribed_code. An empty code may be asked for
  /// symbols.
  ChunkFault build(std::span<const std::uint8_t> lengths) {
    return HuffmanRows::build(lengths.first(std::min(lengths.size(), Symbols)), symbols_, direct_,
                              RootBits);
  }

  /// The next symbol; `bits` must have 16 ready. no_symbol if the code is empty.
  template <class Bits>
  unsigned symbol(Bits& bits) const {
    const unsigned entry = direct_[bits.peek(RootBits)];
    if ((entry & length_mask) != 0) [[likely]] {
      bits.skip(entry & length_mask);
      return entry >> length_bits;
    }
    return long_symbol(bits);
  }

 private:
  static constexpr unsigned length_bits = 4;
  static constexpr unsigned length_mask = 15;
  static_assert(RootBits <= length_mask && Symbols <= (1 << (16 - length_bits)));

  template <class Bits>
  unsigned long_symbol(Bits& bits) const {
    const std::uint32_t next = bits.peek(longest);
    unsigned length = RootBits + 1;
    while (length <= longest && next >= ends_[length]) ++length;
    if (length > longest) return no_symbol;
    bits.skip(length);
    return symbols_[(next >> (longest - length)) + places_[length]];
  }

  std::array<std::uint16_t, std::size_t{1} << RootBits> direct_{};
  std::array<std::uint16_t, Symbols> symbols_{};
};

}  // namespace goldhive
