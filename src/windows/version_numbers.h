// Version numbers of Windows NT: what they look like in the registry and which Windows they mean.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/windows/facts.h"

namespace goldhive::windows {

/// What one source says. A zero build is unknown.
struct Version {
  std::uint32_t major = 0, minor = 0, build = 0;
};
std::string to_string(const Version& version);  ///< "6.1", without the build

/// A line of Windows NT, with the builds that ever belonged to it (docs/rules.md, E3; betas
/// included), but for products with a count of their own.
struct Line {
  std::uint32_t major, minor;
  std::uint32_t first_build, last_build;
  Family family;
};

/// The line of a version; null if there is none of that number. 10 and 11 still call themselves 6.3
/// in CurrentVersion: for 6.3 the build decides, if known.
const Line* line_of(const Version& version);
/// The line a build belongs to, or null.
const Line* line_of_build(std::uint32_t build);
/// Whether Windows was released with that build (rule E3); from 10 on any may be.
bool is_release(std::uint32_t build);

/// Decimal digits and nothing else.
std::optional<std::uint32_t> parse_number(std::string_view text);
/// "6.1" or "6.1.7600.16385"; the third part is the build.
std::optional<Version> parse_version(std::string_view text);
/// The four parts of a file version, "6.1.7601.17514".
std::optional<FileVersion> parse_file_version(std::string_view text);
/// "Service Pack 1" or "Service Pack 1, v.178" -> 1
std::optional<std::uint32_t> parse_service_pack(std::string_view text);

}  // namespace goldhive::windows
