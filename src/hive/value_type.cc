#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "src/hive/hive.h"

namespace goldhive::hive {
namespace {

/// By their numbers.
constexpr std::array names = {"REG_NONE",
                              "REG_SZ",
                              "REG_EXPAND_SZ",
                              "REG_BINARY",
                              "REG_DWORD",
                              "REG_DWORD_BIG_ENDIAN",
                              "REG_LINK",
                              "REG_MULTI_SZ",
                              "REG_RESOURCE_LIST",
                              "REG_FULL_RESOURCE_DESCRIPTOR",
                              "REG_RESOURCE_REQUIREMENTS_LIST",
                              "REG_QWORD"};

}  // namespace

std::string to_string(ValueType type) {
  const auto number = static_cast<std::uint32_t>(type);
  return number < names.size() ? names[number] : fmt::format("{:#x}", number);
}

std::optional<ValueType> value_type_of(std::string_view name) {
  const auto* const found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<ValueType>(found - names.begin());
  std::uint32_t number = 0;
  const char* const end = name.data() + name.size();
  if (!name.starts_with("0x")) return std::nullopt;
  const auto result = std::from_chars(name.data() + 2, end, number, 16);
  if (result.ec != std::errc{} || result.ptr != end || number < names.size()) return std::nullopt;
  return static_cast<ValueType>(number);
}

}  // namespace goldhive::hive
