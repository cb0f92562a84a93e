#include "imgtools/codec/lzms_code.h"

namespace goldhive {

namespace {

constexpr std::size_t most_symbols = 1024;
constexpr unsigned longest_codeword = 15;

struct Counted {
  std::uint16_t count;
  std::uint16_t symbol;
};
using CountedSymbols = std::array<Counted, most_symbols>;

/// Sorts by one half of the 12 bits of a count, and keeps the order where that is equal.
void sort_by_digit(std::span<const Counted> from, std::span<Counted> to, unsigned shift) {
  std::array<std::uint16_t, 64> places{};
  for (const Counted& one : from) ++places[(one.count >> shift) & 63];
  std::uint16_t place = 0;
  for (std::uint16_t& first : places) {
    const std::uint16_t here = first;
    first = place;
    place = static_cast<std::uint16_t>(place + here);
  }
  for (const Counted& one : from) to[places[(one.count >> shift) & 63]++] = one;
}

/// Joins the two rarest of symbols and pairs until one pair is left, and tells of each pair, in the
/// order of their making, the number of the pair it became a part of. `sorted` are all symbols.
void join_pairs(std::span<const Counted> sorted, std::span<std::uint16_t> parents) {
  std::array<std::uint32_t, most_symbols> counts;
  const std::size_t pairs = sorted.size() - 1;
  std::size_t next_symbol = 0;
  std::size_t next_pair = 0;
  for (std::size_t made = 0; made < pairs; ++made) {
    std::uint32_t count = 0;
    for (int half = 0; half < 2; ++half) {
      if (next_symbol < sorted.size() &&
          (next_pair == made || sorted[next_symbol].count <= counts[next_pair])) {
        count += sorted[next_symbol++].count;
      } else {
        count += counts[next_pair];
        parents[next_pair++] = static_cast<std::uint16_t>(made);
      }
    }
    counts[made] = count;
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
  CountedSymbols unsorted;
  CountedSymbols half_sorted;
  for (std::size_t i = 0; i < symbols; ++i) {
    unsorted[i] = {counts[i], static_cast<std::uint16_t>(i)};
  }
  const std::span<Counted> sorted = std::span(unsorted).first(symbols);
  sort_by_digit(sorted, half_sorted, 0);
  sort_by_digit(std::span(half_sorted).first(symbols), sorted, 6);

  std::array<std::uint16_t, most_symbols> parents;
  join_pairs(sorted, parents);
  const std::array<std::uint16_t, longest_codeword + 1> of_length =
      count_lengths(parents, symbols - 1);
  std::size_t rarest = 0;
  for (unsigned length = longest_codeword; length >= 1; --length) {
    for (unsigned i = 0; i < of_length[length]; ++i) {
      lengths[sorted[rarest++].symbol] = static_cast<std::uint8_t>(length);
    }
  }
}

}  // namespace goldhive
