// XPRESS chunks written by hand: what is odd about the format, and everything that can be wrong.
#include "imgtools/codec/xpress.h"

#include <catch2/catch.hpp>
#include <map>

#include "tests/imgtools/codec/bit_writer.h"
#include "tests/imgtools/codec/decoding.h"

using namespace goldhive;
using namespace goldhive::testing;

namespace {

/// The symbol of a match of length `length` (3 to 18) with `offset_bits` bits behind its highest
/// one.
constexpr unsigned match_symbol(unsigned length, unsigned offset_bits) {
  return 256 + offset_bits * 16 + (length - 3);
}

/// The head of a chunk for these symbols and codeword lengths.
Bytes head(const std::map<unsigned, unsigned>& lengths) {
  Bytes out(256);
  for (const auto& [symbol, length] : lengths) {
    out[symbol / 2] |= static_cast<std::uint8_t>(length << (symbol % 2 * 4));
  }
  return out;
}

Bytes chunk(const std::map<unsigned, unsigned>& lengths, const Bytes& rest) {
  Bytes out = head(lengths);
  out.insert(out.end(), rest.begin(), rest.end());
  return out;
}

Decoded decode_xpress(const Bytes& bytes, std::size_t size) {
  return decode(*make_xpress_decoder(), bytes, size);
}

std::string text_of(const Decoded& decoded) {
  CHECK(decoded.fault == ChunkFault::none);
  return std::string(decoded.content.begin(), decoded.content.end());
}

/// Two symbols: a literal, and a match of offset 1 whose length goes on in a byte.
constexpr unsigned long_match = match_symbol(18, 0);
const std::map<unsigned, unsigned> run_code = {{'a', 1}, {long_match, 1}};

}  // namespace

TEST_CASE("XPRESS: literals and matches") {
  const unsigned repeat = match_symbol(5, 1);  // offset 2 or 3
  const Bytes packed =
      chunk({{'a', 2}, {'b', 2}, {'c', 2}, {repeat, 2}},
            BitWriter().bits(0b00'01'10'11, 8).bits(1, 1).bits(0b01'11, 4).bits(0, 1).done());
  CHECK(text_of(decode_xpress(packed, 14)) == "abcabcabbbbbbb");
  CHECK(text_of(decode_xpress(packed, 8)) == "abcabcab");  // what is left over is not looked at
}

TEST_CASE("XPRESS: the symbol that ends content elsewhere is a match in a WIM") {
  const Bytes packed = chunk({{'a', 1}, {256, 1}}, BitWriter().bits(0b01, 2).done());
  CHECK(text_of(decode_xpress(packed, 4)) == "aaaa");
}

TEST_CASE("XPRESS: long lengths lie behind the units that are ready") {
  const Bytes one_byte = chunk(run_code, BitWriter().bits(0b01, 2).bits(0, 30).bytes({5}).done());
  CHECK(text_of(decode_xpress(one_byte, 24)) == std::string(24, 'a'));
  const Bytes three_bytes =
      chunk(run_code, BitWriter().bits(0b01, 2).bits(0, 30).bytes({255, 0x2c, 1}).done());
  CHECK(text_of(decode_xpress(three_bytes, 304)) == std::string(304, 'a'));
  // The next unit then begins at an odd place.
  const Bytes odd = chunk({{'a', 1}, {'b', 2}, {long_match, 2}},
                          BitWriter().bits(0b0'11, 3).bits(0, 29).bytes({5, 0x00, 0x80}).done());
  CHECK(text_of(decode_xpress(odd, 54)) == std::string(53, 'a') + "b");
}

TEST_CASE("XPRESS: what is wrong with a chunk is told") {
  struct Case {
    const char* what;
    Bytes bytes;
    std::size_t size;
    ChunkFault fault;
  };
  const unsigned near = match_symbol(4, 0);
  const unsigned far = match_symbol(4, 3);
  std::map<unsigned, unsigned> many;
  for (unsigned symbol = 0; symbol < 512; ++symbol) many[symbol] = 8;
  const Bytes zeros(8);
  const std::vector<Case> cases = {
      {"no byte", {}, 5, ChunkFault::bad_size},
      {"a head that is cut off", Bytes(255), 5, ChunkFault::bad_size},
      {"no symbol", chunk({}, zeros), 5, ChunkFault::empty_code},
      {"one symbol", chunk({{'a', 1}}, zeros), 5, ChunkFault::incomplete_code},
      {"a gap", chunk({{'a', 1}, {'b', 2}, {'c', 3}}, zeros), 5, ChunkFault::incomplete_code},
      {"three halves", chunk({{'a', 1}, {'b', 1}, {'c', 1}}, zeros), 5,
       ChunkFault::oversubscribed_code},
      {"all with 8 bits", chunk(many, zeros), 5, ChunkFault::oversubscribed_code},
      {"a match first", chunk({{'a', 1}, {near, 1}}, BitWriter().bits(1, 1).bits(0, 31).done()), 5,
       ChunkFault::match_before_start},
      {"an offset of 15 behind 1 byte",
       chunk({{'a', 1}, {far, 1}}, BitWriter().bits(0b01'111, 5).bits(0, 27).done()), 5,
       ChunkFault::match_before_start},
      {"a match of 4 where 3 are left",
       chunk({{'a', 1}, {near, 1}}, BitWriter().bits(0b01, 2).bits(0, 30).done()), 4,
       ChunkFault::match_beyond_end},
      {"a match of 65538",
       chunk(run_code, BitWriter().bits(0b01, 2).bits(0, 30).bytes({255, 255, 255}).done()), 65536,
       ChunkFault::match_beyond_end},
      {"no bits", head({{'a', 1}, {'b', 1}}), 1, ChunkFault::cut_off},
      {"16 bits for 17 symbols", chunk({{'a', 1}, {'b', 1}}, Bytes(2)), 17, ChunkFault::cut_off},
      {"half a unit", chunk({{'a', 1}, {'b', 1}}, Bytes(3)), 17, ChunkFault::cut_off},
      {"no byte for a length", chunk(run_code, BitWriter().bits(0b01, 2).bits(0, 30).done()), 40,
       ChunkFault::cut_off},
      {"one byte for a length of three",
       chunk(run_code, BitWriter().bits(0b01, 2).bits(0, 30).bytes({255}).done()), 40,
       ChunkFault::cut_off},
  };
  for (const Case& one : cases) {
    INFO(one.what);
    CHECK(std::string(to_string(decode_xpress(one.bytes, one.size).fault)) == to_string(one.fault));
  }
  CHECK(decode_xpress(chunk({{'a', 1}, {'b', 1}}, Bytes(2)), 16).fault == ChunkFault::none);
  CHECK(decode_xpress(chunk({{'a', 1}, {'b', 1}}, {}), 0).fault == ChunkFault::none);
}
