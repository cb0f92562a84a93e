// What the file system that tests run on can do. A test that needs what it cannot is
// skipped.
#pragma once

namespace goldhive::testing {

/// True if programs can make symbolic links here.
bool host_makes_links();
/// True if two names that differ in case name two files.
bool host_tells_case();

}  // namespace goldhive::testing
