// A whole hive as the reader sees it, in the terms of the fixtures, to be compared with what
// another reader saw or what was meant to be written.
#pragma once

#include <cstddef>
#include <string>

#include "fixtures/hive_builder.h"
#include "src/hive/hive.h"

namespace goldhive::testing {

/// Names, key times and values of a key and all below it, in stored order. Throws the first Error.
fixtures::KeyModel read_model(const hive::Key& key);

/// "" or where and how the two first differ: name, time, number or order of subkeys, a value's
/// name, type or bytes. Names of keys are compared up to a NUL, where `nul_ends_name` says so.
std::string difference(const fixtures::KeyModel& a, const fixtures::KeyModel& b,
                       bool nul_ends_name = false);

struct TreeCount {
  std::size_t keys = 0;
  std::size_t values = 0;
  std::size_t big_values = 0;  ///< above 16344 bytes
  std::size_t errors = 0;
  std::string first_error;
};

/// Walks everything that can be read: keys, values, data, classes.
TreeCount count_tree(const hive::Hive& hive);

}  // namespace goldhive::testing
