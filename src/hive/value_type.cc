#include <fmt/format.h>

#include <array>

#include "src/hive/hive.h"

namespace goldhive::hive {

std::string to_string(ValueType type) {
  static constexpr std::array<const char*, 12> names = {"REG_NONE",
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
  const auto number = static_cast<std::uint32_t>(type);
  return number < names.size() ? names[number] : fmt::format("{:#x}", number);
}

}  // namespace goldhive::hive
