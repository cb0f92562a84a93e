// LZX chunks written by hand: what is odd about the format, and everything that can be wrong.
#include "imgtools/codec/lzx.h"

#include <catch2/catch.hpp>
#include <map>

#include "imgtools/codec/lzx_calls.h"
#include "tests/imgtools/codec/bit_writer.h"
#include "tests/imgtools/codec/decoding.h"

using namespace goldhive;
using namespace goldhive::testing;

namespace {

constexpr std::size_t chunk_size = 32768;
constexpr std::size_t main_symbols = 256 + 8 * 30;

using Lengths = std::map<unsigned, unsigned>;

constexpr unsigned match_symbol(unsigned length, unsigned slot) {
  return 256 + slot * 8 + std::min(length - 2, 7U);
}

Bytes lengths_of(const Lengths& lengths, std::size_t symbols) {
  Bytes out(symbols);
  for (const auto& [symbol, length] : lengths) out[symbol] = static_cast<std::uint8_t>(length);
  return out;
}

/// A complete code for 20 symbols.
Bytes packing_lengths() {
  Bytes out(20, 4);
  std::fill(out.begin() + 12, out.end(), std::uint8_t{5});
  return out;
}

class LzxWriter : public BitWriter {
 public:
  LzxWriter& bits(std::uint32_t value, unsigned count) {
    BitWriter::bits(value, count);
    return *this;
  }
  /// The beginning of a block, in a chunk of less than 64 KiB.
  LzxWriter& block(unsigned type, unsigned size) {
    bits(type, 3).bits(0, 1).bits(size, 16);
    return *this;
  }
  LzxWriter& packing(const Bytes& lengths = packing_lengths()) {
    for (const std::uint8_t length : lengths) bits(length, 4);
    return *this;
  }
  /// A symbol of the packing code.
  LzxWriter& packed(unsigned symbol) {
    word(codewords(packing_lengths())[symbol]);
    return *this;
  }
  /// The codes of a block, as differences to those of the block before.
  LzxWriter& main_code(const Lengths& code) {
    const Bytes lengths = lengths_of(code, main_symbols);
    differences(std::span(main_).first(256), std::span(lengths).first(256));
    differences(std::span(main_).subspan(256), std::span(lengths).subspan(256));
    main_ = lengths;
    return *this;
  }
  LzxWriter& length_code(const Lengths& code) {
    const Bytes lengths = lengths_of(code, length_.size());
    differences(length_, lengths);
    length_ = lengths;
    return *this;
  }
  LzxWriter& main(unsigned symbol) {
    word(codewords(main_)[symbol]);
    return *this;
  }
  LzxWriter& length(unsigned symbol) {
    word(codewords(length_)[symbol]);
    return *this;
  }

 private:
  void differences(std::span<const std::uint8_t> before, std::span<const std::uint8_t> lengths) {
    packing();
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      packed((before[i] + 17U - lengths[i]) % 17);
    }
  }

  Bytes main_ = Bytes(main_symbols);
  Bytes length_ = Bytes(249);
};

Decoded decode_lzx(const Bytes& bytes, std::size_t size, std::size_t chunk = chunk_size) {
  return decode(*make_lzx_decoder(chunk), bytes, size);
}

std::string text_of(const Decoded& decoded) {
  CHECK(std::string(to_string(decoded.fault)) == to_string(ChunkFault::none));
  return std::string(decoded.content.begin(), decoded.content.end());
}

/// A verbatim block of two literals and two matches.
LzxWriter verbatim(unsigned size, unsigned match, unsigned other, const Lengths& lengths = {}) {
  LzxWriter out;
  out.block(1, size).main_code({{'a', 2}, {'b', 2}, {match, 2}, {other, 2}}).length_code(lengths);
  return out;
}

/// A block that is not compressed, of these bytes; the chunk ends with it, or its size is even.
void add_raw(LzxWriter& out, std::uint32_t recent, const Bytes& content) {
  out.block(3, static_cast<unsigned>(content.size()));
  if (out.at_unit()) out.bits(0, 16);
  out.end_unit();
  for (int i = 0; i < 3; ++i) {
    for (int shift = 0; shift < 32; shift += 8) out.bytes({static_cast<int>(recent >> shift)});
  }
  for (const std::uint8_t byte : content) out.bytes({byte});
}

std::string repeated(std::string text, std::size_t offset, std::size_t length) {
  while (length-- > 0) text += text[text.size() - offset];
  return text;
}

}  // namespace

TEST_CASE("LZX: a verbatim block") {
  const unsigned near = match_symbol(3, 4);  // offset 2 or 3
  const unsigned last = match_symbol(4, 0);
  LzxWriter out = verbatim(13, last, near);
  out.main('a').main('b').main('a').main(near).bits(0, 1).main('b').main(last).main('a').main('a');
  CHECK(text_of(decode_lzx(out.done(), 13)) == "abababbbbbbaa");
}

TEST_CASE("LZX: lengths from 9 on are symbols of their own") {
  const unsigned far = match_symbol(9, 3);  // offset 1
  LzxWriter out = verbatim(300, far, match_symbol(2, 0), {{0, 1}, {248, 1}});
  out.main('a').main(far).length(0).main('b').main(far).length(248);
  for (int i = 0; i < 32; ++i) out.main('a');
  CHECK(text_of(decode_lzx(out.done(), 300)) ==
        std::string(10, 'a') + std::string(258, 'b') + std::string(32, 'a'));
}

TEST_CASE("LZX: the offsets used last change places") {
  LzxWriter out;
  const unsigned one = match_symbol(2, 3);
  const unsigned some = match_symbol(2, 4);
  const unsigned first = match_symbol(2, 0);
  const unsigned second = match_symbol(2, 1);
  const unsigned third = match_symbol(2, 2);
  out.block(1, 24)
      .main_code(
          {{'a', 3}, {'b', 3}, {'c', 3}, {one, 3}, {some, 3}, {first, 3}, {second, 3}, {third, 3}})
      .length_code({});
  out.main('a').main('b').main('c').main('a');
  std::string expected = "abca";
  const auto repeat = [&](unsigned symbol, std::size_t offset) {
    out.main(symbol);
    if (symbol == some) out.bits(static_cast<std::uint32_t>(offset - 2), 1);
    expected = repeated(expected, offset, 2);
  };
  repeat(some, 3);    // 3 1 1
  repeat(some, 2);    // 2 3 1
  repeat(second, 3);  // 3 2 1
  repeat(third, 1);   // 1 2 3
  repeat(first, 1);
  repeat(third, 3);  // 3 2 1
  repeat(one, 1);    // 1 3 2
  repeat(third, 2);  // 2 3 1
  repeat(second, 3);
  repeat(first, 3);
  CHECK(text_of(decode_lzx(out.done(), 24)) == expected);
}

TEST_CASE("LZX: an aligned block has a code for the lowest bits of far offsets") {
  LzxWriter out;
  const unsigned near = match_symbol(2, 7);  // from 10 on, two bits
  const unsigned mid = match_symbol(3, 8);   // from 14 on, three bits
  const unsigned far = match_symbol(3, 10);  // from 30 on, four bits
  const Bytes aligned{1, 2, 3, 4, 5, 6, 7, 7};
  out.block(2, 48);
  for (const std::uint8_t length : aligned) out.bits(length, 3);
  out.main_code({{'a', 2}, {'b', 3}, {near, 3}, {mid, 2}, {far, 2}}).length_code({});
  std::string expected;
  for (int i = 0; i < 40; ++i) {
    const char letter = i % 3 == 0 || i > 30 ? 'a' : 'b';
    out.main(static_cast<unsigned>(letter));
    expected += letter;
  }
  out.main(near).bits(3, 2);
  out.main(mid).word(codewords(aligned)[5]);
  out.main(far).bits(1, 1).word(codewords(aligned)[0]);
  expected = repeated(repeated(repeated(expected, 13, 2), 19, 3), 38, 3);
  CHECK(text_of(decode_lzx(out.done(), 48)) == expected);
}

TEST_CASE("LZX: blocks that are not compressed begin behind at least one bit of padding") {
  for (unsigned letters = 1; letters <= 16; ++letters) {
    INFO(letters);
    LzxWriter out;
    out.block(1, letters).main_code({{'a', 1}, {'b', 2}, {'c', 2}}).length_code({});
    for (unsigned i = 0; i < letters; ++i) out.main('a');
    add_raw(out, 4, {'w', 'x', 'y', 'z'});
    const unsigned last = match_symbol(6, 0);
    out.block(1, 7).main_code({{'b', 1}, {last, 1}}).length_code({});
    out.main('b').main(last);
    CHECK(text_of(decode_lzx(out.done(), letters + 11)) ==
          repeated(std::string(letters, 'a') + "wxyzb", 4, 6));
  }
  LzxWriter odd;
  add_raw(odd, 1, {'x', 'y', 'z'});
  CHECK(text_of(decode_lzx(odd.done(), 3)) == "xyz");
}

TEST_CASE("LZX: codeword lengths are differences to those of the block before") {
  LzxWriter out;
  out.block(1, 2).main_code({{'a', 1}, {'b', 1}}).length_code({});
  out.main('a').main('b');
  // 97 that stay 0, 'a' from 1 to 2, 'b' the same, then 'c' and 'd' from 0 to 2; runs of zeros.
  out.block(1, 4).packing();
  out.packed(18).bits(31, 5).packed(18).bits(20 - 4, 5).packed(17).bits(6, 4);
  for (int i = 0; i < 2; ++i) out.packed(16);
  for (int i = 0; i < 2; ++i) out.packed(15);
  for (int i = 0; i < 3; ++i) out.packed(18).bits(31, 5);
  out.packed(0).packed(0);
  out.packing();
  for (int i = 0; i < 4; ++i) out.packed(18).bits(31, 5);
  out.packed(18).bits(16, 5);
  out.packing();
  for (int i = 0; i < 4; ++i) out.packed(18).bits(31, 5);
  out.packed(19).bits(1, 1).packed(0);
  for (int i = 0; i < 40; ++i) out.packed(0);
  for (unsigned symbol = 0; symbol < 4; ++symbol) out.bits(symbol, 2);
  CHECK(text_of(decode_lzx(out.done(), 6)) == "ababcd");
}

TEST_CASE("LZX: x86 calls are put back, but for the last bytes") {
  struct Case {
    std::size_t at;
    std::int32_t before;
    std::int32_t after;
  };
  for (const Case& one : {Case{0, 5, 5}, Case{20, 0x100, 0x100 - 20}, Case{20, 0, -20},
                          Case{20, 11'999'999, 11'999'979}, Case{20, 12'000'000, 12'000'000},
                          Case{20, -1, 11'999'999}, Case{20, -20, 11'999'980}, Case{20, -21, -21},
                          Case{89, 100, 11}, Case{90, 100, 100}}) {
    INFO(one.at << ' ' << one.before);
    Bytes content(100);
    content[one.at] = 0xe8;
    Bytes expected = content;
    put_u32(content, one.at + 1, static_cast<std::uint32_t>(one.before));
    put_u32(expected, one.at + 1, static_cast<std::uint32_t>(one.after));
    undo_lzx_calls(content);
    CHECK(content == expected);
  }
  Bytes within(100);
  within[20] = within[22] = 0xe8;  // the second is a part of the first one's target
  undo_lzx_calls(within);
  CHECK(ByteView(within, 0, "").u32(21) == 0xe800 - 20);
  CHECK(within[27] == 0);
  Bytes little(10, 0xe8);
  undo_lzx_calls(little);
  CHECK(little == Bytes(10, 0xe8));
}

TEST_CASE("LZX: a second chunk does not see what the first one left") {
  const auto decoder = make_lzx_decoder(chunk_size);
  LzxWriter first;
  add_raw(first, 2, {'x', 'y'});
  CHECK(decode(*decoder, first.done(), 2).fault == ChunkFault::none);
  LzxWriter second = verbatim(5, match_symbol(4, 0), match_symbol(4, 3));
  second.main('a').main(match_symbol(4, 0));
  CHECK(text_of(decode(*decoder, second.done(), 5)) == "aaaaa");
}

TEST_CASE("LZX: what is wrong with a chunk is told") {
  struct Case {
    const char* what;
    Bytes bytes;
    std::size_t size;
    ChunkFault fault;
  };
  std::vector<Case> cases;
  const auto add = [&cases](const char* what, const BitWriter& out, std::size_t size,
                            ChunkFault fault) {
    cases.push_back({what, out.done(), size, fault});
    cases.back().bytes.resize(cases.back().bytes.size() + 64);  // it is not cut off
  };
  for (const unsigned type : {0U, 4U, 5U, 6U, 7U}) {
    add("type", LzxWriter().block(type, 5), 5, ChunkFault::bad_block_type);
  }
  add("size 0", LzxWriter().block(1, 0), 5, ChunkFault::bad_block_size);
  add("size 6 of 5", LzxWriter().block(1, 6), 5, ChunkFault::bad_block_size);
  add("default size", LzxWriter().bits(1, 3).bits(1, 1), 32767, ChunkFault::bad_block_size);
  add("raw and too large", LzxWriter().block(3, 6), 5, ChunkFault::bad_block_size);

  const auto packing = [&](const char* what, const Bytes& lengths, ChunkFault fault) {
    add(what, LzxWriter().block(1, 5).packing(lengths), 5, fault);
  };
  packing("packing by no symbol", Bytes(20), ChunkFault::empty_code);
  packing("packing with a gap", Bytes(20, 5), ChunkFault::incomplete_code);
  packing("packing by too many", Bytes(20, 4), ChunkFault::oversubscribed_code);
  const auto lengths = [&](const char* what, unsigned last, unsigned bits, unsigned count,
                           unsigned then) {
    LzxWriter out;
    out.block(1, 5).packing();
    for (int i = 0; i < 255; ++i) out.packed(0);
    out.packed(last).bits(bits, count).packed(then);
    add(what, out, 5, ChunkFault::bad_lengths);
  };
  lengths("4 zeros for 1", 17, 0, 4, 0);
  lengths("20 zeros for 1", 18, 0, 5, 0);
  lengths("4 equal lengths for 1", 19, 0, 1, 3);
  lengths("a run of runs", 19, 0, 1, 17);

  const auto main_code = [&](const char* what, const Lengths& code, ChunkFault fault) {
    add(what, LzxWriter().block(1, 5).main_code(code).length_code({}), 5, fault);
  };
  main_code("no symbol", {}, ChunkFault::empty_code);
  main_code("one symbol", {{'a', 1}}, ChunkFault::incomplete_code);
  main_code("a gap of one in 65536",
            {{'a', 1},
             {'b', 2},
             {'c', 3},
             {'d', 4},
             {'e', 5},
             {'f', 6},
             {'g', 7},
             {'h', 8},
             {'i', 9},
             {'j', 10},
             {'k', 11},
             {'l', 12},
             {'m', 13},
             {'n', 14},
             {'o', 15},
             {'p', 16}},
            ChunkFault::incomplete_code);
  main_code("too many", {{'a', 1}, {'b', 1}, {'c', 16}}, ChunkFault::oversubscribed_code);

  const unsigned near = match_symbol(4, 0);
  const unsigned some = match_symbol(4, 4);
  const unsigned more = match_symbol(9, 0);
  add("lengths with a gap", verbatim(5, near, some, {{0, 1}}), 5, ChunkFault::incomplete_code);
  add("lengths too many", verbatim(5, near, some, {{0, 1}, {1, 1}, {2, 1}}), 5,
      ChunkFault::oversubscribed_code);
  add("no lengths", verbatim(20, more, some).main('a').main(more), 20, ChunkFault::empty_code);
  add("a match first", verbatim(5, near, some).main(near), 5, ChunkFault::match_before_start);
  LzxWriter before = verbatim(7, near, some);
  before.main('a').main('b').main(some).bits(1, 1);
  add("an offset of 3 behind 2 bytes", before, 7, ChunkFault::match_before_start);
  add("a match of 4 where 3 are left", verbatim(4, near, some).main('a').main(near), 4,
      ChunkFault::match_beyond_end);
  add("a match beyond its block", verbatim(4, near, some).main('a').main(near), 40,
      ChunkFault::match_beyond_end);
  LzxWriter zero;
  add_raw(zero, 0, {'x', 'y'});
  add("recent offsets of 0", zero, 2, ChunkFault::bad_recent_offset);
  const auto aligned = [&](const char* what, unsigned length, ChunkFault fault) {
    LzxWriter out;
    out.block(2, 5);
    for (int i = 0; i < 8; ++i) out.bits(length, 3);
    add(what, out, 5, fault);
  };
  aligned("no aligned symbol", 0, ChunkFault::empty_code);
  aligned("aligned with a gap", 4, ChunkFault::incomplete_code);
  aligned("aligned too many", 2, ChunkFault::oversubscribed_code);
  for (const Case& one : cases) {
    INFO(one.what);
    CHECK(std::string(to_string(decode_lzx(one.bytes, one.size).fault)) == to_string(one.fault));
  }
}

TEST_CASE("LZX: a chunk that is cut off anywhere is told") {
  LzxWriter out = verbatim(12, match_symbol(5, 0), match_symbol(5, 3));
  out.main('a').main('b').main(match_symbol(5, 3));
  for (int i = 0; i < 5; ++i) out.main('b');
  add_raw(out, 4, {'w', 'x', 'y', 'z'});
  const Bytes& whole = out.done();
  CHECK(decode_lzx(whole, 16).fault == ChunkFault::none);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(std::string(to_string(decode_lzx(part, 16).fault)) == to_string(ChunkFault::cut_off));
  }
}

TEST_CASE("LZX: block sizes have 24 bits in chunks of 64 KiB and more") {
  for (const std::size_t size : {std::size_t{65536}, std::size_t{2} << 20}) {
    BitWriter out;
    out.bits(3, 3).bits(0, 1).bits(static_cast<std::uint32_t>(size), 24).end_unit();
    for (int i = 0; i < 3; ++i) out.bytes({1, 0, 0, 0});
    Bytes bytes = out.done();
    bytes.resize(bytes.size() + size, 'u');
    CHECK(decode_lzx(bytes, size, size).content == Bytes(size, 'u'));
  }
}
