// LZMS chunks written by hand, and the parts of the format that stand for themselves.
#include "imgtools/codec/lzms.h"

#include <catch2/catch.hpp>
#include <numeric>

#include "imgtools/codec/lzms_code.h"
#include "imgtools/codec/lzms_x86.h"
#include "tests/imgtools/codec/bit_writer.h"
#include "tests/imgtools/codec/decoding.h"

using namespace goldhive;
using namespace goldhive::testing;

namespace {

/// `first` is what the range coder starts with; all other decisions are made by zeros. The bits lie
/// behind, from the last unit on.
Bytes chunk(std::uint32_t first, const BitWriter& bits) {
  Bytes out;
  for (const std::uint32_t unit : {first >> 16, first & 0xffff}) {
    out.push_back(static_cast<std::uint8_t>(unit));
    out.push_back(static_cast<std::uint8_t>(unit >> 8));
  }
  out.resize(64);
  for (std::size_t at = bits.done().size(); at > 0; at -= 2) {
    out.push_back(bits.done()[at - 2]);
    out.push_back(bits.done()[at - 1]);
  }
  return out;
}

// With 48 of 64 for a 0, a range of 0xffffffff is split at 0xbfffffd0, and what is below at
// 0x8fffffd0.
constexpr std::uint32_t match_first = 0xbfffffd0;        // 1, then only 0
constexpr std::uint32_t literal_and_match = 0x8fffffd0;  // 0, 1, then only 0
constexpr std::uint32_t all_ones = 0xffffffff;

/// The literal A, then the LZ offset 1: with content of 32 bytes there are 14 offset symbols.
BitWriter letter_and_offset() { return BitWriter().bits('A', 8).bits(0b0100, 4); }

Decoded decode_lzms(const Bytes& bytes, std::size_t size) {
  return decode(*make_lzms_decoder(), bytes, size);
}

Bytes lengths_for(const std::vector<std::uint16_t>& counts) {
  Bytes lengths(counts.size());
  make_lzms_lengths(counts, lengths);
  return lengths;
}

}  // namespace

TEST_CASE("LZMS: a literal and a match") {
  // Length symbol 28 of 54 is 31 or 32.
  const Bytes packed = chunk(literal_and_match, letter_and_offset().bits(0b110000, 6).bits(0, 1));
  const Decoded decoded = decode_lzms(packed, 32);
  CHECK(decoded.fault == ChunkFault::none);
  CHECK(decoded.content == Bytes(32, 'A'));
}

TEST_CASE("LZMS: what is wrong with a chunk is told") {
  struct Case {
    const char* what;
    Bytes bytes;
    std::size_t size;
    ChunkFault fault;
  };
  const std::vector<Case> cases = {
      {"no byte", {}, 5, ChunkFault::bad_size},
      {"one unit", Bytes(2), 5, ChunkFault::bad_size},
      {"half a unit more", Bytes(7), 5, ChunkFault::bad_size},
      {"a match first", chunk(match_first, BitWriter().bits(0, 16)), 32,
       ChunkFault::match_before_start},
      {"a match first, of the only offset", chunk(match_first, BitWriter().bits(0, 16)), 1,
       ChunkFault::match_before_start},
      {"a delta match first", chunk(all_ones, BitWriter().bits(0, 16)), 32,
       ChunkFault::match_before_start},
      {"a match of 32 where 31 are left",
       chunk(literal_and_match, letter_and_offset().bits(0b110000, 6).bits(1, 1)), 32,
       ChunkFault::match_beyond_end},
      {"a match of more than 1 GiB",
       chunk(literal_and_match, letter_and_offset().bits(0b01001, 5).bits(0x3fffffff, 30)), 32,
       ChunkFault::match_beyond_end},
      {"4 bytes for 16", Bytes(4), 16, ChunkFault::cut_off},
  };
  for (const Case& one : cases) {
    INFO(one.what);
    CHECK(std::string(to_string(decode_lzms(one.bytes, one.size).fault)) == to_string(one.fault));
  }
  CHECK(decode_lzms(Bytes(4), 4).fault == ChunkFault::none);  // 4 literals of 8 bits
}

TEST_CASE("LZMS: codes are made from counts, with ties settled") {
  CHECK(lengths_for({1}) == Bytes{1});
  CHECK(lengths_for({1, 1}) == Bytes{1, 1});
  CHECK(lengths_for({1, 1, 1}) == Bytes{2, 2, 1});
  CHECK(lengths_for({7, 1, 1}) == Bytes{1, 2, 2});
  CHECK(lengths_for({1, 1, 2, 2}) == Bytes{2, 2, 2, 2});
  // The pair of the first two counts 2: the symbols that count 2 are joined before it.
  CHECK(lengths_for({1, 1, 2, 2, 2}) == Bytes{3, 3, 2, 2, 2});
  CHECK(lengths_for({4000, 63, 64, 65, 128}) == Bytes{1, 4, 4, 3, 2});
}

TEST_CASE("LZMS: no codeword is longer than 15 bits") {
  std::vector<std::uint16_t> fibonacci{1, 1};
  while (fibonacci.size() < 17) {
    fibonacci.push_back(static_cast<std::uint16_t>(fibonacci.back() + *(fibonacci.end() - 2)));
  }
  const Bytes lengths = lengths_for(fibonacci);
  const std::uint32_t used = std::accumulate(lengths.begin(), lengths.end(), 0U,
                                             [](std::uint32_t sum, std::uint8_t length) {
                                               CHECK(length <= 15);
                                               return sum + (1U << (15 - length));
                                             });
  CHECK(used == 1U << 15);
  CHECK(lengths[0] == 15);
  CHECK(lengths[16] == 1);
}

TEST_CASE("LZMS: x86 instructions are put back where two had one target") {
  LzmsX86 x86;
  struct Case {
    const char* what;
    Bytes opcode;
    std::size_t gap;  ///< from the end of the second instruction to the third
    bool changed;
  };
  const std::vector<Case> cases = {
      {"call", {0xe8}, 0, true},
      {"call, the farthest", {0xe8}, 510, true},
      {"call, too far", {0xe8}, 511, false},
      {"mov", {0x48, 0x8b, 0x05}, 0, true},
      {"mov, another register", {0x48, 0x8b, 0x0d}, 0, true},
      {"mov, none of these", {0x48, 0x8b, 0x15}, 0, false},
      {"lea", {0x48, 0x8d, 0x3d}, 0, true},
      {"lea, another", {0x4c, 0x8d, 0x05}, 0, true},
      {"lea, not of a place", {0x4c, 0x8d, 0x04}, 0, false},
      {"call through a place", {0xff, 0x15}, 0, true},
      {"jump through a place", {0xff, 0x25}, 0, false},
      {"lock add", {0xf0, 0x83, 0x05}, 0, true},
      {"lock add, the farthest", {0xf0, 0x83, 0x05}, 1022, true},
      {"lock add, too far", {0xf0, 0x83, 0x05}, 1023, false},
      {"jump", {0xe9}, 0, false},
  };
  for (const Case& one : cases) {
    INFO(one.what);
    Bytes content(3000);
    const auto put = [&](std::size_t at, const Bytes& opcode, std::uint32_t value) {
      std::copy(opcode.begin(), opcode.end(), content.begin() + static_cast<std::ptrdiff_t>(at));
      put_u32(content, at + opcode.size(), value);
      return at + opcode.size() + 4;
    };
    // The first two calls have one target, 500. Both are as they were packed: nothing was known
    // yet.
    put(100, {0xe8}, 400);
    const std::size_t second = put(200, {0xe8}, 300);
    const std::size_t third = second + one.gap;
    put(third, one.opcode, 0x12345678);
    x86.undo(content);
    CHECK(ByteView(content, 0, "").u32(101) == 400);
    CHECK(ByteView(content, 0, "").u32(201) == 300);
    CHECK(ByteView(content, 0, "").u32(third + one.opcode.size()) ==
          0x12345678 - (one.changed ? static_cast<std::uint32_t>(third) : 0));
  }
}
