// What may be shown to a person or put into a report. Names come out of untrusted hives and
// archives and must neither break the encoding of the output nor drive the terminal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/hive/hive.h"

namespace goldhive::report {

/// Valid UTF-8 without control characters: broken sequences become U+FFFD; C0, DEL and C1 become
/// \xNN; the marks that reorder text (bidi overrides and isolates) become \u{NNNN}.
std::string printable(std::string_view text);

/// Code points of valid UTF-8: a good enough width for what stands in a report.
std::size_t display_width(std::string_view text);

/// "2016-07-08T10:11:12Z"; nullopt for 0 and for times past the year 9999, which no clock wrote.
std::optional<std::string> iso_time(hive::FileTime time);

/// "60817408" -> "58.0 MiB"; bytes below 1024 as they are.
std::string human_size(std::uint64_t bytes);

}  // namespace goldhive::report
