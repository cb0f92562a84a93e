// Tests that cannot be run here: a program that judges is not installed, this build lacks a
// library, there is no corpus of real hives, the file system cannot do what is tested.
//
// None of that may go unseen, so a test says so: ctest then lists it among those that did not run.
// (ctest runs each test in a process of its own, which ends with an exit code for that; main.cc.)
#pragma once

#include <string>

namespace goldhive::testing {

/// Notes that the running test, or a part of it, is left out, and why. The caller goes on without.
void skip(const std::string& why);

/// The same for what could be installed: where GOLDHIVE_NO_SKIPS is set, as .ci/run does, the test
/// fails instead.
void skip_for_want_of(const std::string& what);

}  // namespace goldhive::testing
