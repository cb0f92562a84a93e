#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/skip.h"

namespace {

constexpr int exit_skipped = 77;  // SKIP_RETURN_CODE in tests/CMakeLists.txt
bool skipped = false;

}  // namespace

namespace goldhive::testing {

void skip(const std::string& why) {
  skipped = true;
  WARN("skipped: " << why);
}

void skip_for_want_of(const std::string& what) {
  skip("there is no " + what);
  if (std::getenv("GOLDHIVE_NO_SKIPS") != nullptr) FAIL("nothing may be skipped here");
}

}  // namespace goldhive::testing

int main(int argc, char** argv) {
  const int failed = Catch::Session().run(argc, argv);  // or how many tests there are, for a list
  if (failed == exit_skipped) return failed + 1;
  return failed == 0 && skipped ? exit_skipped : failed;
}
