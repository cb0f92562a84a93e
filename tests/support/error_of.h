// The error that an action ends with.
#pragma once

#include <catch2/catch.hpp>
#include <functional>

#include "imgtools/bytes/error.h"

namespace goldhive::testing {

/// Fails the test if there is none.
inline Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    return e;
  }
  FAIL("no error");
  return Error(ErrorKind::usage, "");
}

inline ErrorKind error_kind_of(const std::function<void()>& action) {
  return error_of(action).kind();
}

}  // namespace goldhive::testing
