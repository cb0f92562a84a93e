// What files are called that hold what memory does not, where the system cannot do without a name.
#pragma once

namespace goldhive {

/// For mkostemp().
inline constexpr const char* scratch_name = ".goldhive-XXXXXX";

}  // namespace goldhive
