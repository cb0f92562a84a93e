#include "src/report/printable.h"

#include <fmt/format.h>

#include <array>
#include <chrono>

namespace goldhive::report {

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
