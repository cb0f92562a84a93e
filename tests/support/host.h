// What the file system on which the tests run can do. A test that needs more is skipped.
#pragma once

namespace goldhive::testing {

/// True if programs can make symbolic links here.
bool host_makes_links();
/// True if two names that differ in case name two files.
bool host_tells_case();

}  // namespace goldhive::testing
