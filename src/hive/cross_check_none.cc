// The cross-check of a build without hivex.
#include "imgtools/error.h"
#include "src/hive/cross_check.h"

namespace goldhive::hive {

bool cross_check_available() { return false; }

void cross_check(const ByteSource& edited, const std::vector<ExpectedValue>&, std::uint64_t,
                 std::uint64_t, const std::string&) {
  throw Error(ErrorKind::unsupported, "this build has no hivex to check the edit with",
              edited.name());
}

}  // namespace goldhive::hive
