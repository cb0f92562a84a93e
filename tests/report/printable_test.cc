#include "src/report/printable.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "imgtools/bytes/text.h"
#include "src/report/report.h"
#include "tests/report/sample.h"

namespace goldhive::report {
namespace {

TEST_CASE("Text from a hive cannot drive the terminal") {
  CHECK(printable("plain \xc3\xa9 text") == "plain \xc3\xa9 text");
  CHECK(printable("\x1b[31mred") == "\\x1b[31mred");
  CHECK(printable("a\nb\tc") == "a\\x0ab\\x09c");
  CHECK(printable("\xc2\x9b") == "\\x9b");                      // CSI as one C1 character
  CHECK(printable("exe\xe2\x80\xaetxt") == "exe\\u{202e}txt");  // right-to-left override
  CHECK(printable("zero\xe2\x80\x8bwidth") == "zero\\u{200b}width");
  CHECK(printable("tag\xf3\xa0\x81\x81") == "tag\\u{e0041}");
  CHECK(printable("soft\xc2\xadhyphen") == "soft\\u{ad}hyphen");
  CHECK(printable("\x7f") == "\\x7f");
}

TEST_CASE("What drives a terminal or hides is escaped in JSON, too, and means the same") {
  CHECK(escaped_in_json("{\n\"a\": \"\xc3\xa9\"}") == "{\n\"a\": \"\xc3\xa9\"}");
  CHECK(escaped_in_json("\"\xc2\x9b\"") == "\"\\u009b\"");  // CSI as one C1 character
  CHECK(escaped_in_json("\"\x7f\"") == "\"\\u007f\"");
  CHECK(escaped_in_json("\"\xe2\x80\xae\"") == "\"\\u202e\"");
  CHECK(escaped_in_json("\"\xef\xbb\xbf\"") == "\"\\ufeff\"");
  CHECK(escaped_in_json("\"\xf3\xa0\x81\x81\"") == "\"\\udb40\\udc41\"");
}

TEST_CASE("No format of any command passes on a character that hides or drives a terminal") {
  const std::string_view utf8_mark = "\xef\xbb\xbf";  // at the start of csv
  const std::string evil =
      "a\x1b[2J\xc2\x9b"
      "2J\x7f\xe2\x80\xae\xe2\x80\x8b\xef\xbb\xbf\xff";
  Report report = tests::sample_report();
  for (TargetReport& target : report.targets) {
    target.path += evil;
    target.notes.push_back(evil);
    if (target.error) target.error = Error(ErrorKind::corrupt, evil, evil);
    for (VolumeReport& volume : target.volumes) volume.label = volume.description = evil;
    for (InstallationReport& row : target.installations) {
      row.facts.id += evil;
      row.changes.emplace();
      row.facts.warnings.push_back(evil);
      for (policy::Finding& finding : row.findings) finding.message += evil;
    }
  }
  for (const Format& format : formats()) {
    for (const Command command : {Command::scan, Command::list, Command::plan, Command::patch}) {
      if (find_format(format.name, command) == nullptr) continue;
      report.command = command;
      std::ostringstream out;
      format.write(report, {}, out);
      const std::string text = out.str();
      INFO(format.name << " of " << to_string(command));
      REQUIRE(to_utf8(to_utf16(text)) == text);
      const bool for_windows = format.name == "reg" || format.name == "csv";
      for (std::size_t at = text.starts_with(utf8_mark) ? utf8_mark.size() : 0; at < text.size();) {
        const char32_t c = next_code_point(text, at);
        const bool line_end = c == U'\n' || (c == U'\r' && for_windows);
        if (!line_end && must_be_escaped(c)) FAIL_CHECK("U+" << static_cast<unsigned>(c));
      }
    }
  }
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
