// What is reported as stray, for the tests of stray keys and of stray values.
#pragma once

#include <catch2/catch.hpp>

#include "tests/windows/sample.h"

namespace goldhive::windows {

/// The keys ("KEY") and values ("KEY|VALUE") reported for these additions to the hives.
inline std::vector<std::string> strays(const std::string& software,
                                       const std::string& system = "") {
  Sample sample;
  sample.software += software;
  sample.system += system;
  std::vector<std::string> found;
  for (const StrayKey& stray : sample.facts().stray_keys) {
    CHECK_FALSE(stray.reason.empty());
    CHECK(stray.last_written);
    found.push_back(stray.key + (stray.value.empty() ? "" : "|" + stray.value));
  }
  return found;
}

}  // namespace goldhive::windows
