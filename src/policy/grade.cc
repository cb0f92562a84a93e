#include "src/policy/grade.h"

#include <algorithm>

namespace goldhive::policy {

Verdict verdict_of(const std::vector<Grade>& possible) {
  const auto wrong = std::count(possible.begin(), possible.end(), Grade::wrong);
  if (wrong != 0) {
    return static_cast<std::size_t>(wrong) == possible.size() ? Verdict::fail
                                                              : Verdict::undetermined;
  }
  const bool stricter =
      std::find(possible.begin(), possible.end(), Grade::stricter) != possible.end();
  return stricter ? Verdict::warn : Verdict::pass;
}

bool asks_for_tls11(const windows::OsFacts& os) {
  return os.family == windows::Family::windows_7 || os.family == windows::Family::windows_8;
}

}  // namespace goldhive::policy
