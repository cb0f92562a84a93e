#include "tests/support/host.h"

#include <filesystem>

#include "tests/skip.h"
#include "tests/support/temp_dir.h"

namespace goldhive::testing {

bool host_makes_links() {
  const TempDir dir;
  std::error_code failed;
  std::filesystem::create_symlink("target", dir / "link", failed);
  if (failed) skip("no symbolic links can be made here");
  return !failed;
}

bool host_tells_case() {
  const TempDir dir;
  dir.write("a", "");
  if (!dir.exists("A")) return true;
  skip("names that differ in case are one file here");
  return false;
}

}  // namespace goldhive::testing
