// What is reported as ignored, for the tests of keys and of values.
#pragma once

#include <catch2/catch.hpp>

#include "tests/windows/sample.h"

namespace goldhive::windows {

/// The keys ("KEY") and values ("KEY|VALUE") reported for these additions to the hives.
inline std::vector<std::string> ignored_in(const std::string& software,
                                           const std::string& system = "") {
  Sample sample;
  sample.software += software;
  sample.system += system;
  std::vector<std::string> found;
  for (const IgnoredEntry& entry : sample.facts().ignored) {
    CHECK_FALSE(entry.reason.empty());
    CHECK(entry.last_written);
    found.push_back(entry.key + (entry.value.empty() ? "" : "|" + entry.value));
  }
  return found;
}

}  // namespace goldhive::windows
