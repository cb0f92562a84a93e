// The cross-check of a build without hivex.
#include "imgtools/bytes/error.h"
#include "src/hive/cross_check.h"

namespace goldhive::hive {

bool cross_check_available() { return false; }

CrossCheckCopy::CrossCheckCopy(const ByteSource& hive, const std::string&) {
  throw Error(ErrorKind::unsupported, "this build has no hivex to check the edit with",
              hive.name());
}

// No copy can be made, so nothing calls these.
void CrossCheckCopy::apply(std::uint64_t, const std::vector<Write>&) {}
void CrossCheckCopy::check(const std::vector<ExpectedValue>&, std::uint64_t, std::uint64_t) {}

}  // namespace goldhive::hive
