// Points in time on the command line and in the environment.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "src/hive/hive.h"

namespace goldhive::cli {

/// Seconds since 1970, the form of SOURCE_DATE_EPOCH; nullopt for anything else.
std::optional<std::int64_t> parse_epoch(std::string_view text);

/// "2016-07-08T10:11:12Z", "2016-07-08" (midnight UTC), or seconds since 1970 ("1467972672"), from
/// 1601 on, where FILETIME begins. Error(usage) for anything else.
hive::FileTime parse_timestamp(std::string_view text);

/// Seconds since 1970-01-01 UTC as a FILETIME.
hive::FileTime file_time(std::int64_t unix_seconds);

}  // namespace goldhive::cli
