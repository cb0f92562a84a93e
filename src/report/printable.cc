#include "src/report/printable.h"

#include <fmt/format.h>

#include <array>
#include <chrono>

#include "imgtools/bytes/text.h"

namespace goldhive::report {
namespace {

/// Reads one code point of valid UTF-8 and moves `at` past it.
char32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  char32_t c = length == 1 ? lead : lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) c = (c << 6) | (byte(at + i) & 0x3fU);
  at += length;
  return c;
}

bool reorders_text(char32_t c) {
  return c == 0x200e || c == 0x200f || c == 0x061c || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

std::string printable(std::string_view text) {
  // The way through UTF-16 replaces whatever is not UTF-8.
  const std::string valid = to_utf8(to_utf16(text));
  std::string out;
  out.reserve(valid.size());
  for (std::size_t at = 0; at < valid.size();) {
    const std::size_t start = at;
    const char32_t c = next_code_point(valid, at);
    if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
      out += fmt::format("\\x{:02x}", static_cast<std::uint32_t>(c));
    } else if (reorders_text(c)) {
      out += fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(c));
    } else {
      out.append(valid, start, at - start);
    }
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) ++width;
  }
  return width;
}

std::optional<std::string> iso_time(hive::FileTime time) {
  constexpr std::uint64_t ticks_per_second = 10'000'000;
  constexpr std::uint64_t seconds_1601_to_1970 = 11'644'473'600;
  constexpr std::uint64_t seconds_1601_to_10000 = 265'046'774'400;
  const std::uint64_t since_1601 = time / ticks_per_second;
  if (time == 0 || since_1601 >= seconds_1601_to_10000) return std::nullopt;
  using namespace std::chrono;
  const sys_seconds when{seconds(static_cast<std::int64_t>(since_1601) -
                                 static_cast<std::int64_t>(seconds_1601_to_1970))};
  const sys_days day = floor<days>(when);
  const year_month_day date(day);
  const hh_mm_ss clock(when - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string human_size(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  constexpr std::array units = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, units[unit]);
}

}  // namespace goldhive::report
