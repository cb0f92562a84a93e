// Runs a fuzz target over the files of its corpus: each as it is, cut at several places, and with
// single bytes changed, so that even a build without libFuzzer tries hostile neighbours of each. A
// run that takes more memory than any input may cost fails.
//
//   <name>_replay [--every-byte] FOLDER...
//
// With --every-byte each byte is changed, not 64 of them: minutes, and no count or offset is left
// out.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string_view>
#include <vector>

#include "tests/fuzz/memory_watch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

/// What ParseBudget allows for the largest images of the targets, of 8 MiB, and room for the copies
/// that a target makes of them to compare.
constexpr std::size_t most_memory = (64 + 4 * 8 + 64) << 20;

std::size_t peak = 0;

std::vector<std::uint8_t> load(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::size_t replay(std::vector<std::uint8_t> input, bool every_byte) {
  std::size_t runs = 0;
  const auto run = [&runs](const std::vector<std::uint8_t>& bytes, std::size_t size) {
    const goldhive::fuzz::MemoryWatch memory;
    LLVMFuzzerTestOneInput(bytes.data(), size);
    ++runs;
    peak = std::max(peak, memory.most());
    if (memory.most() <= most_memory) return;
    std::cerr << "an input of " << size << " bytes took " << memory.most() << " of memory\n";
    std::abort();
  };
  run(input, input.size());
  if (input.empty()) return runs;
  for (const std::size_t cut :
       {input.size() - 1, input.size() / 2, input.size() / 3, std::size_t{1}}) {
    const std::vector<std::uint8_t> head(input.begin(),
                                         input.begin() + static_cast<std::ptrdiff_t>(cut));
    run(head, head.size());
  }
  const std::size_t step = every_byte ? 1 : std::max<std::size_t>(1, input.size() / 64);
  for (std::size_t at = 0; at < input.size(); at += step) {
    const std::uint8_t old = input[at];
    for (const int value : {0x00, 0xff, old ^ 0x80, old + 1}) {
      input[at] = static_cast<std::uint8_t>(value);
      run(input, input.size());
    }
    input[at] = old;
  }
  return runs;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t files = 0;
  std::size_t runs = 0;
  const bool every_byte = argc > 1 && std::string_view(argv[1]) == "--every-byte";
  for (int i = every_byte ? 2 : 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!entry.is_regular_file()) continue;
      runs += replay(load(entry.path()), every_byte);
      ++files;
    }
  }
  std::cout << files << " corpus files, " << runs << " runs, at most " << (peak >> 20)
            << " MiB of memory\n";
  return files > 0 ? 0 : 1;
}
