// The two views of HKLM\SOFTWARE on a 64-bit Windows (rules A5, F3).
#include "src/windows/topics.h"

namespace goldhive::windows {

std::string in_view(View view, std::string_view path) {
  return (view == View::wow64 ? "Wow6432Node\\" : "") + std::string(path);
}

bool may_have_wow64(Architecture architecture) {
  return architecture == Architecture::unknown || is_64_bit(architecture);
}

}  // namespace goldhive::windows
