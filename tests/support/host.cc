#include "tests/support/host.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/support/temp_dir.h"

namespace goldhive::testing {

bool host_makes_links() {
  const TempDir dir;
  std::error_code failed;
  std::filesystem::create_symlink("target", dir / "link", failed);
  if (failed) WARN("skipped: no symbolic links can be made here");
  return !failed;
}

bool host_tells_case() {
  const TempDir dir;
  dir.write("a", "");
  if (!dir.exists("A")) return true;
  WARN("skipped: names that differ in case are one file here");
  return false;
}

}  // namespace goldhive::testing
