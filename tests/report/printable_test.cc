#include "src/report/printable.h"

#include <catch2/catch.hpp>

namespace goldhive::report {
namespace {

TEST_CASE("Text from a hive cannot drive the terminal") {
  CHECK(printable("plain \xc3\xa9 text") == "plain \xc3\xa9 text");
  CHECK(printable("\x1b[31mred") == "\\x1b[31mred");
  CHECK(printable("a\nb\tc") == "a\\x0ab\\x09c");
  CHECK(printable("\xc2\x9b") == "\\x9b");                      // CSI as one C1 character
  CHECK(printable("exe\xe2\x80\xaetxt") == "exe\\u{202e}txt");  // right-to-left override
}

TEST_CASE("Broken UTF-8 is replaced and never passed on") {
  CHECK(printable("a\xff"
                  "b") ==
        "a\xef\xbf\xbd"
        "b");
  CHECK(printable("\xf0\x9f\x98\x80") == "\xf0\x9f\x98\x80");
}

TEST_CASE("Width counts code points and not bytes") {
  CHECK(display_width("") == 0);
  CHECK(display_width("caf\xc3\xa9") == 4);
}

TEST_CASE("File times become ISO dates in UTC") {
  CHECK(iso_time(129348216000000000) == "2010-11-21T14:00:00Z");
  CHECK(iso_time(1) == "1601-01-01T00:00:00Z");
  CHECK(iso_time(125962559999999999) == "2000-02-28T23:59:59Z");
  CHECK(iso_time(125963423999999999) == "2000-02-29T23:59:59Z");
}

TEST_CASE("A file time that no clock wrote is no date") {
  CHECK(iso_time(0) == std::nullopt);
  CHECK(iso_time(2650467743999999999) == "9999-12-31T23:59:59Z");
  CHECK(iso_time(2650467744000000000) == std::nullopt);
  CHECK(iso_time(0x7fffffffffffffff) == std::nullopt);
  CHECK(iso_time(0xffffffffffffffff) == std::nullopt);
}

TEST_CASE("Sizes are shown in binary units") {
  CHECK(human_size(0) == "0 B");
  CHECK(human_size(1023) == "1023 B");
  CHECK(human_size(1024) == "1.0 KiB");
  CHECK(human_size(60817408) == "58.0 MiB");
  CHECK(human_size(1048575) == "1.0 MiB");
}

}  // namespace
}  // namespace goldhive::report
