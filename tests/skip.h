// Tests that cannot be run here: a program that judges is not installed, this build lacks a
// library, there is no corpus of real hives, the file system cannot do what is tested.
//
// Nothing of that may stay unseen, so a test says so, and ctest lists it among the tests that did
// not run. (ctest runs each test in a process of its own, which then ends with a special exit code;
// see main.cc.)
#pragma once

#include <string>

namespace goldhive::testing {

/// Notes that the running test, or a part of it, is left out, and why. The caller goes on without.
void skip(const std::string& why);

/// The same for something that could be installed. With GOLDHIVE_NO_SKIPS set, as in .ci/run, the
/// test fails instead.
void skip_for_want_of(const std::string& what);

}  // namespace goldhive::testing
