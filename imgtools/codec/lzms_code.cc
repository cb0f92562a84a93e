#include "imgtools/codec/lzms_code.h"

namespace goldhive {

namespace {

constexpr std::size_t most_symbols = 1024;
constexpr unsigned longest_codeword = 15;

/// Symbols by their counts.
struct Sorted {
  std::array<std::uint16_t, most_symbols> symbols;
  std::array<std::uint32_t, most_symbols + 1> counts;
};

/// Where each value of a digit starts, from how often each occurs.
using Digits = std::array<std::uint16_t, 64>;
void add_up(Digits& digits) {
  std::uint16_t place = 0;
  for (std::uint16_t& first : digits) {
    const std::uint16_t here = first;
    first = place;
    place = static_cast<std::uint16_t>(place + here);
  }
}

/// By the low half of the 12 bits of a count, then by the high one; each keeps the order of equals.
void sort_symbols(std::span<const std::uint16_t> counts, Sorted& sorted) {
  Digits low{};
  Digits high{};
  for (const std::uint16_t count : counts) {
    ++low[count % 64];
    ++high[count / 64 % 64];
  }
  add_up(low);
  add_up(high);
  std::array<std::uint16_t, most_symbols> half_sorted;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    half_sorted[low[counts[i] % 64]++] = static_cast<std::uint16_t>(i);
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const std::uint16_t symbol = half_sorted[i];
    const std::size_t place = high[counts[symbol] / 64 % 64]++;
    sorted.symbols[place] = symbol;
    sorted.counts[place] = counts[symbol];
  }
}

/// Joins the two rarest of symbols and pairs until one pair is left, and tells of each pair, in the
/// order of their making, the number of the pair it became a part of.
void join_pairs(Sorted& sorted, std::size_t symbols, std::span<std::uint16_t> parents) {
  constexpr std::uint32_t never = 0xffffffff;
  std::array<std::uint32_t, most_symbols> pairs;
  sorted.counts[symbols] = never;
  std::size_t next_symbol = 0;
  std::size_t next_pair = 0;
  for (std::size_t made = 0; made + 1 < symbols; ++made) {
    pairs[made] = never;
    std::uint32_t count = 0;
    for (int half = 0; half < 2; ++half) {
      const std::uint32_t symbol = sorted.counts[next_symbol];
      const std::uint32_t pair = pairs[next_pair];
      // Which of them it is cannot be foreseen, so there is no branch. A pair that is not taken
      // gets its parent later.
      parents[next_pair] = static_cast<std::uint16_t>(made);
      const std::size_t is_symbol = symbol <= pair ? 1 : 0;
      count += is_symbol != 0 ? symbol : pair;
      next_symbol += is_symbol;
      next_pair += 1 - is_symbol;
    }
    pairs[made] = count;
  }
}

/// How many codewords of each length there are. Each pair, from the last one on, takes a codeword
/// and makes two that are longer by one.
std::array<std::uint16_t, longest_codeword + 1> count_lengths(
    std::span<const std::uint16_t> parents, std::size_t pairs) {
  std::array<std::uint16_t, most_symbols> depths;
  std::array<std::uint16_t, longest_codeword + 1> counts{};
  depths[pairs - 1] = 0;
  counts[1] = 2;
  for (std::size_t pair = pairs - 1; pair-- > 0;) {
    depths[pair] = static_cast<std::uint16_t>(depths[parents[pair]] + 1);
    unsigned length = depths[pair];
    if (length >= longest_codeword) {
      length = longest_codeword - 1;
      while (counts[length] == 0) --length;
    }
    --counts[length];
    counts[length + 1] = static_cast<std::uint16_t>(counts[length + 1] + 2);
  }
  return counts;
}

}  // namespace

void make_lzms_lengths(std::span<const std::uint16_t> counts, std::span<std::uint8_t> lengths) {
  const std::size_t symbols = counts.size();
  if (symbols < 2) {
    std::fill(lengths.begin(), lengths.end(), std::uint8_t{1});
    return;
  }
  Sorted sorted;
  sort_symbols(counts, sorted);
  std::array<std::uint16_t, most_symbols> parents;
  join_pairs(sorted, symbols, parents);
  const std::array<std::uint16_t, longest_codeword + 1> of_length =
      count_lengths(parents, symbols - 1);
  std::size_t rarest = 0;
  for (unsigned length = longest_codeword; length >= 1; --length) {
    for (unsigned i = 0; i < of_length[length]; ++i) {
      lengths[sorted.symbols[rarest++]] = static_cast<std::uint8_t>(length);
    }
  }
}

}  // namespace goldhive
