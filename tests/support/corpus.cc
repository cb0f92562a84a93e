#include "tests/support/corpus.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace goldhive::testing {

bool has_corpus() { return std::getenv("GOLDHIVE_CORPUS") != nullptr; }

std::shared_ptr<const MemorySource> corpus_file(const std::string& path) {
  const std::filesystem::path file = std::filesystem::path(std::getenv("GOLDHIVE_CORPUS")) / path;
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("not in the corpus: " + file.string());
  Bytes data{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return std::make_shared<MemorySource>(std::move(data), file.filename().string());
}

}  // namespace goldhive::testing
