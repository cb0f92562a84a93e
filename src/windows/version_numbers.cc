#include "src/windows/version_numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "imgtools/bytes/text.h"

namespace goldhive::windows {
namespace {

constexpr std::array lines = {
    Line{4, 0, 1000, 1599, Family::nt_4},
    Line{5, 0, 1600, 2499, Family::windows_2000},
    Line{5, 1, 2500, 2999, Family::xp},
    Line{5, 2, 3000, 3999, Family::xp},
    Line{6, 0, 4000, 6999, Family::vista},
    Line{6, 1, 7000, 7999, Family::windows_7},
    Line{6, 2, 8000, 9399, Family::windows_8},
    Line{6, 3, 9400, 9999, Family::windows_8_1},
    Line{10, 0, 10000, 99999, Family::windows_10},
};

/// The numbers of a dotted text, or empty if it is not just that, or has more than four.
struct Parts {
  std::array<std::uint32_t, 4> numbers{};
  std::size_t count = 0;
};
Parts split_numbers(std::string_view text) {
  Parts parts;
  while (parts.count < parts.numbers.size()) {
    const std::size_t dot = text.find('.');
    const auto part = parse_number(text.substr(0, dot));
    if (!part) return {};
    parts.numbers.at(parts.count++) = *part;
    if (dot == std::string_view::npos) return parts;
    text.remove_prefix(dot + 1);
  }
  return {};
}

}  // namespace

std::string to_string(const Version& version) {
  return fmt::format("{}.{}", version.major, version.minor);
}

const Line* line_of(const Version& version) {
  const bool ten = version.major == 6 && version.minor == 3 && version.build >= 10000;
  for (const Line& line : lines) {
    if (ten ? line.major == 10 : line.major == version.major && line.minor == version.minor) {
      return &line;
    }
  }
  return nullptr;
}

const Line* line_of_build(std::uint32_t build) {
  for (const Line& line : lines) {
    if (build >= line.first_build && build <= line.last_build) return &line;
  }
  return nullptr;
}

bool is_release(std::uint32_t build) {
  // 7602 is 7601 as its last updates number their files (docs/rules.md, B6).
  constexpr std::array<std::uint32_t, 13> releases = {1381, 2195, 2600, 3790, 6000, 6001, 6002,
                                                      6003, 7600, 7601, 7602, 9200, 9600};
  return build >= 10000 || std::find(releases.begin(), releases.end(), build) != releases.end();
}

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Version> parse_version(std::string_view text) {
  const Parts parts = split_numbers(text);
  if (parts.count < 2) return std::nullopt;
  return Version{parts.numbers[0], parts.numbers[1], parts.numbers[2]};
}

std::optional<FileVersion> parse_file_version(std::string_view text) {
  const Parts parts = split_numbers(text);
  if (parts.count != 4) return std::nullopt;
  for (const std::uint32_t number : parts.numbers) {
    if (number > 0xffff) return std::nullopt;
  }
  const auto part = [&parts](std::size_t i) {
    return static_cast<std::uint16_t>(parts.numbers.at(i));
  };
  return FileVersion{part(0), part(1), part(2), part(3)};
}

std::optional<std::uint32_t> parse_service_pack(std::string_view text) {
  constexpr std::string_view words = "Service Pack ";
  if (text.size() <= words.size() || !nt_equal(text.substr(0, words.size()), words)) {
    return std::nullopt;
  }
  text.remove_prefix(words.size());
  return parse_number(text.substr(0, text.find_first_not_of("0123456789")));
}

}  // namespace goldhive::windows
