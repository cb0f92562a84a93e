#include "imgtools/bytes/text.h"

#include <catch2/catch.hpp>

using namespace goldhive;

namespace {

/// FNV-1a over the whole upcase table as little-endian code units.
std::uint32_t table_hash() {
  std::uint32_t hash = 2166136261u;
  for (std::uint32_t c = 0; c < 0x10000; ++c) {
    const char16_t up = nt_upcase(static_cast<char16_t>(c));
    hash = (hash ^ (up & 0xffu)) * 16777619u;
    hash = (hash ^ (up >> 8u)) * 16777619u;
  }
  return hash;
}

}  // namespace

TEST_CASE("text goes from UTF-16 to UTF-8 and back, surrogate pairs included") {
  const std::u16string text = u"a\u00e4\u20ac\U0001f600";
  CHECK(to_utf8(text) == "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
  CHECK(to_utf16(to_utf8(text)) == text);
  CHECK(to_utf8(std::u16string(u"x\0y", 3)) == std::string("x\0y", 3));
}

TEST_CASE("lone surrogates become U+FFFD on the way to UTF-8") {
  const char16_t lone[] = {0xd83d, u'x', 0xde00, 0xd83d};
  CHECK(to_utf8(std::u16string_view(lone, 4)) == "\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("invalid UTF-8 becomes U+FFFD and never eats what follows") {
  CHECK(to_utf16("\xffz") == u"\ufffdz");
  CHECK(to_utf16("\xc3z") == u"\ufffdz");
  CHECK(to_utf16("\xe2\x82") == u"\ufffd");
  CHECK(to_utf16("\xc0\x80") == u"\ufffd\ufffd");
  CHECK(to_utf16("\xed\xa0\x80") == u"\ufffd\ufffd\ufffd");
  CHECK(to_utf16("\xf4\x90\x80\x80z") == u"\ufffd\ufffd\ufffd\ufffdz");
}

TEST_CASE("UTF-16LE bytes lose an odd last byte") {
  const std::uint8_t bytes[] = {0x41, 0x00, 0xac, 0x20, 0x7f};
  CHECK(utf16_from_bytes(bytes) == u"A\u20ac");
}

TEST_CASE("the upcase table is that of Windows Vista and 7 unit for unit") {
  // The hash was made from libntfs-3g's ntfs_upcase_table_build(), not from our table.
  CHECK(table_hash() == 0xbc467f47u);
  CHECK(nt_upcase(u'z') == u'Z');
  CHECK(nt_upcase(u'\u00e4') == u'\u00c4');
  CHECK(nt_upcase(u'\u00ff') == u'\u0178');
  CHECK(nt_upcase(u'\u0436') == u'\u0416');
  CHECK(nt_upcase(u'\u1fb3') == u'\u1fbc');
  for (const char16_t unchanged : {u'\u00b5', u'\u00df', u'\u0131', u'\u03c2', u'\u01c5'}) {
    CHECK(nt_upcase(unchanged) == unchanged);
  }
}

TEST_CASE("names compare by upcased code units and sharp s is not SS") {
  CHECK(nt_equal("TLS 1.2", "tls 1.2"));
  CHECK(nt_equal("\xc3\xa4x", "\xc3\x84X"));
  CHECK_FALSE(
      nt_equal("stra\xc3\x9f"
               "e",
               "strasse"));
  CHECK_FALSE(nt_equal("a", "ab"));
  CHECK_FALSE(nt_equal("ab", "a"));
  CHECK(nt_equal("", ""));
  CHECK_FALSE(nt_equal("", "\xc3\xa4"));
  CHECK(nt_equal("ABC\xc3\xa4x", "abc\xc3\x84X"));
  CHECK_FALSE(nt_equal("ABC\xc3\xa4x", "abc\xc3\xa4y"));
  CHECK_FALSE(nt_equal("abc", "abc\xc3\xa4"));
  CHECK(nt_compare(u"ss1", u"SS3") < 0);
  CHECK(nt_compare(u"SS3", u"\u00df2") < 0);
  CHECK(nt_compare(u"_", u"a") > 0);
  CHECK(nt_compare(u"abc", u"AB") > 0);
}

TEST_CASE("hexadecimal digits are a number only if all of them are") {
  CHECK(hex_number("a00") == 0xa00u);
  CHECK(hex_number("FFFFFFFFFFFFFFFF") == UINT64_MAX);
  for (const char* none : {"", "0x1", "1g", " 1", "-1", "00000000000000001"}) {
    INFO(none);
    CHECK(!hex_number(none));
  }
}

TEST_CASE("bytes come back from their list of hexadecimal pairs") {
  const std::vector<std::uint8_t> bytes = {0x00, 0x0a, 0xff};
  CHECK(hex_list(bytes) == "00,0a,ff");
  CHECK(hex_list({}).empty());
  CHECK(bytes_of_hex_list("00,0a,ff") == bytes);
  CHECK(bytes_of_hex_list("00,0A,FF") == bytes);
  CHECK(bytes_of_hex_list("") == std::vector<std::uint8_t>{});
  for (const char* none : {"0", "00,", ",00", "00,0", "00,,0a", "000a", "00;0a", "0g", "00,0a,"}) {
    INFO(none);
    CHECK(!bytes_of_hex_list(none));
  }
}
