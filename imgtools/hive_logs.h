// What the transaction logs of a registry hive are called: the name of the hive and one of these
// suffixes, in any case. Windows has written .LOG1 and .LOG2 since Vista, and .LOG before.
#pragma once

#include <array>
#include <string_view>

namespace goldhive {

constexpr std::array<std::string_view, 3> hive_log_suffixes = {".LOG", ".LOG1", ".LOG2"};

}  // namespace goldhive
