// Golden files: outputs that were read and approved by a person and kept in the repository.
//
// To regenerate after a deliberate change, run the tests with GOLDHIVE_UPDATE_GOLDEN=1 and read
// the difference before it is committed.
#pragma once

#include <filesystem>
#include <string>

namespace goldhive::tests {

/// Where the sources lie.
std::filesystem::path source_folder();

/// Fails the test case unless `actual` is what the file holds. `file` is relative to the source
/// directory: "tests/report/golden/scan.json". With GOLDHIVE_UPDATE_GOLDEN set, writes it instead.
void check_golden(const std::string& file, const std::string& actual);

}  // namespace goldhive::tests
