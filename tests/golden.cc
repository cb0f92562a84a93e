#include "tests/golden.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace goldhive::tests {

std::filesystem::path source_folder() { return GOLDHIVE_SOURCE_DIR; }

void check_golden(const std::string& file, const std::string& actual) {
  const std::filesystem::path path = source_folder() / file;
  const char* update = std::getenv("GOLDHIVE_UPDATE_GOLDEN");
  if (update != nullptr && *update != '\0') {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << actual;
    WARN("rewrote " << file);
    return;
  }
  std::ifstream in(path, std::ios::binary);
  const std::string expected{std::istreambuf_iterator<char>(in), {}};
  INFO(file << " (GOLDHIVE_UPDATE_GOLDEN=1 rewrites it)");
  CHECK(actual == expected);
}

}  // namespace goldhive::tests
