#include "src/cli/timestamp.h"

#include <charconv>
#include <chrono>
#include <string>

#include "imgtools/bytes/error.h"

namespace goldhive::cli {
namespace {

constexpr std::int64_t seconds_to_1970 = 11644473600;  // from 1601-01-01, where FILETIME begins
constexpr std::int64_t last_second = 253402300799;     // 9999-12-31T23:59:59Z

/// All of `text` as a number of exactly `digits` digits (0: any); nullopt otherwise.
std::optional<std::int64_t> number(std::string_view text, std::size_t digits) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  if (digits != 0 && text.size() != digits) return std::nullopt;
  return value;
}

std::optional<std::int64_t> days(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto y = number(text.substr(0, 4), 4);
  const auto m = number(text.substr(5, 2), 2);
  const auto d = number(text.substr(8, 2), 2);
  if (!y || !m || !d) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*y)),
                                         std::chrono::month(static_cast<unsigned>(*m)),
                                         std::chrono::day(static_cast<unsigned>(*d))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

std::optional<std::int64_t> time_of_day(std::string_view text) {
  if (text.size() != 9 || text[2] != ':' || text[5] != ':' || text[8] != 'Z') return std::nullopt;
  const auto h = number(text.substr(0, 2), 2);
  const auto m = number(text.substr(3, 2), 2);
  const auto s = number(text.substr(6, 2), 2);
  if (!h || !m || !s || *h > 23 || *m > 59 || *s > 59) return std::nullopt;
  return *h * 3600 + *m * 60 + *s;
}

std::optional<std::int64_t> seconds(std::string_view text) {
  if (const auto epoch = parse_epoch(text)) return epoch;
  const auto date = days(text.substr(0, 10));
  if (!date) return std::nullopt;
  if (text.size() == 10) return *date * 86400;
  if (text[10] != 'T') return std::nullopt;
  const auto time = time_of_day(text.substr(11));
  if (!time) return std::nullopt;
  return *date * 86400 + *time;
}

}  // namespace

std::optional<std::int64_t> parse_epoch(std::string_view text) {
  const auto value = number(text, 0);
  return value && *value <= last_second ? value : std::nullopt;
}

hive::FileTime file_time(std::int64_t unix_seconds) {
  return static_cast<hive::FileTime>(unix_seconds + seconds_to_1970) * 10000000;
}

hive::FileTime parse_timestamp(std::string_view text) {
  const std::optional<std::int64_t> value = seconds(text);
  if (!value || *value < -seconds_to_1970) {
    throw Error(ErrorKind::usage,
                "not a time: \"" + std::string(text) +
                    "\" (expected 2016-07-08T10:11:12Z, 2016-07-08, or seconds since "
                    "1970)");
  }
  return file_time(*value);
}

}  // namespace goldhive::cli
