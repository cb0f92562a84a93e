#include "tests/support/corpus.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tests/skip.h"

namespace goldhive::testing {

bool has_corpus() {
  if (std::getenv("GOLDHIVE_CORPUS") != nullptr) return true;
  skip("no corpus");
  return false;
}

std::string corpus_path(const std::string& path) {
  return std::string(std::getenv("GOLDHIVE_CORPUS")) + "/" + path;
}

std::shared_ptr<const MemorySource> corpus_file(const std::string& path) {
  const std::filesystem::path file = corpus_path(path);
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("not in the corpus: " + file.string());
  Bytes data{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return std::make_shared<MemorySource>(std::move(data), file.filename().string());
}

std::vector<std::string> corpus_files(const std::string& folder) {
  const std::filesystem::path top = std::getenv("GOLDHIVE_CORPUS");
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(top / folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(top).string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace goldhive::testing
