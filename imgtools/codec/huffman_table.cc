#include "imgtools/codec/huffman_table.h"

#include <algorithm>
#include <cstring>

namespace goldhive {

namespace {

/// `run` is a power of two; most are small.
void fill_run(std::uint16_t* entry, std::size_t run, std::uint16_t value) {
  entry[0] = value;
  if (run == 1) return;
  entry[1] = value;
  if (run == 2) return;
  const std::uint64_t four = value * std::uint64_t{0x0001000100010001};
  for (std::size_t i = 0; i < run; i += 4) std::memcpy(entry + i, &four, sizeof four);
}

}  // namespace

ChunkFault HuffmanRows::build(std::span<const std::uint8_t> lengths,
                              std::span<std::uint16_t> symbols, std::span<std::uint16_t> direct,
                              unsigned root_bits) {
  std::array<std::uint16_t, longest + 1> counts{};
  for (const std::uint8_t length : lengths) ++counts[length];
  const std::size_t used = lengths.size() - counts[0];
  counts[0] = 0;

  // Codewords as numbers of `longest` bits: each length starts where the shorter ones end.
  std::array<std::uint16_t, longest + 1> places{};
  std::uint32_t end = 0;
  std::uint16_t place = 0;
  for (unsigned length = 1; length <= longest; ++length) {
    places[length] = place;
    places_[length] = place - (end >> (longest - length));
    place = static_cast<std::uint16_t>(place + counts[length]);
    end += std::uint32_t{counts[length]} << (longest - length);
    ends_[length] = end;
  }
  if (end > 1U << longest) return ChunkFault::oversubscribed_code;
  if (used == 0) {
    std::fill(direct.begin(), direct.end(), std::uint16_t{0});
    return ChunkFault::empty_code;
  }
  if (end < 1U << longest) return ChunkFault::incomplete_code;

  for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
    if (lengths[symbol] != 0) {
      symbols[places[lengths[symbol]]++] = static_cast<std::uint16_t>(symbol);
    }
  }
  std::uint16_t* entry = direct.data();
  std::size_t next = 0;
  for (unsigned length = 1; length <= root_bits; ++length) {
    const std::size_t run = std::size_t{1} << (root_bits - length);
    for (; next < places[length]; ++next) {
      fill_run(entry, run, static_cast<std::uint16_t>(symbols[next] * 16U + length));
      entry += run;
    }
  }
  std::fill(entry, direct.data() + direct.size(), std::uint16_t{0});  // long codewords start so
  return ChunkFault::none;
}

}  // namespace goldhive
