#include "tests/support/temp_dir.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>

namespace goldhive::testing {

namespace fs = std::filesystem;

TempDir::TempDir() {
  std::random_device random;
  for (int attempt = 0; attempt < 100; ++attempt) {
    const fs::path candidate = fs::temp_directory_path() / ("goldhive-" + std::to_string(random()));
    if (fs::create_directory(candidate)) {
      path_ = candidate.generic_string();
      return;
    }
  }
  throw std::runtime_error("no name for a temporary directory is free");
}

TempDir::~TempDir() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string TempDir::write(const std::string& name, const Bytes& data) const {
  return write(name, std::string(data.begin(), data.end()));
}

std::string TempDir::write(const std::string& name, const std::string& text) const {
  const fs::path file = fs::path(path_) / name;
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
  return file.generic_string();
}

void TempDir::make_directory(const std::string& name) const {
  fs::create_directories(fs::path(path_) / name);
}

Bytes TempDir::read(const std::string& name) const {
  std::ifstream in(fs::path(path_) / name, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

bool TempDir::exists(const std::string& name) const {
  return fs::exists(fs::symlink_status(fs::path(path_) / name));
}

}  // namespace goldhive::testing
