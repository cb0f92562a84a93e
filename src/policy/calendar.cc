#include "src/policy/calendar.h"

#include <array>
#include <chrono>
#include <cstddef>

namespace goldhive::policy {

namespace {

/// `length` digits.
int date_part(std::string_view text, std::size_t at, std::size_t length) {
  int value = 0;
  for (const char c : text.substr(at, length)) value = value * 10 + (c - '0');
  return value;
}

std::chrono::sys_days day_of(std::string_view date) {
  using namespace std::chrono;
  return year_month_day{year(date_part(date, 0, 4)),
                        month(static_cast<unsigned>(date_part(date, 5, 2))),
                        day(static_cast<unsigned>(date_part(date, 8, 2)))};
}

}  // namespace

bool is_date(std::string_view text) {
  constexpr std::string_view shape = "0000-00-00";
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == '0' ? !digit : text[i] != '-') return false;
  }
  const int year = date_part(text, 0, 4);
  const int month = date_part(text, 5, 2);
  const int day = date_part(text, 8, 2);
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  const std::array days = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month >= 1 && month <= 12 && day >= 1 &&
         day <= days.at(static_cast<std::size_t>(month - 1));
}

int days_between(std::string_view from, std::string_view to) {
  return static_cast<int>((day_of(to) - day_of(from)).count());
}

}  // namespace goldhive::policy
