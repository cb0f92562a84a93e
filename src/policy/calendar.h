// Dates of waivers: "YYYY-MM-DD", which sort as text.
#pragma once

#include <string_view>

namespace goldhive::policy {

/// True for a day that exists in the Gregorian calendar, written in full.
bool is_date(std::string_view text);

}  // namespace goldhive::policy
