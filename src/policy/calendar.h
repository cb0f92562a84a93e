// Dates of waivers: "YYYY-MM-DD", which sort as text.
#pragma once

#include <string_view>

namespace goldhive::policy {

/// True for a day that exists in the Gregorian calendar, written in full.
bool is_date(std::string_view text);

/// How many days `to` is after `from`; negative if before. Both must be dates.
int days_between(std::string_view from, std::string_view to);

}  // namespace goldhive::policy
