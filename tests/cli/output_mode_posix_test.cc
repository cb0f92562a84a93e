// Who may read a report.
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "src/cli/output.h"
#include "tests/support/temp_dir.h"

namespace goldhive::tests {
namespace {

using goldhive::testing::TempDir;

mode_t mode_of(const std::string& path) {
  struct stat s {};
  REQUIRE(::stat(path.c_str(), &s) == 0);
  return s.st_mode & 07777;
}

TEST_CASE("Others may read a report as the umask says, or as they could before") {
  const TempDir dir;
  const auto storage = host_storage();
  const mode_t before = ::umask(0);
  for (const mode_t mask : {022U, 002U, 077U}) {
    ::umask(mask);
    const std::string path = dir / std::to_string(mask);
    cli::write_text_file(*storage, path, "report");
    CHECK(mode_of(path) == (0666U & ~mask));
    CHECK(::umask(mask) == mask);
  }
  ::umask(022);
  const std::string secret = dir.write("secret", "old");
  for (const mode_t mode : {0600U, 0640U}) {
    REQUIRE(::chmod(secret.c_str(), mode) == 0);
    cli::write_text_file(*storage, secret, "new");
    CHECK(mode_of(secret) == mode);
  }
  ::umask(before);
}

}  // namespace
}  // namespace goldhive::tests
