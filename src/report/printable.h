// How widths, times and sizes are shown. imgtools/bytes/printable.h makes untrusted names safe to
// show.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "imgtools/bytes/printable.h"
#include "src/hive/hive.h"

namespace goldhive::report {

/// The number of code points of valid UTF-8: close enough to the width of the texts in a report.
std::size_t display_width(std::string_view text);

/// "2016-07-08T10:11:12Z"; nullopt for 0 and for times past the year 9999, which no clock wrote.
std::optional<std::string> iso_time(hive::FileTime time);

/// "60817408" -> "58.0 MiB"; bytes below 1024 as they are.
std::string human_size(std::uint64_t bytes);

}  // namespace goldhive::report
