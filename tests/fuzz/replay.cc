// Runs a fuzz target over the files of its corpus: each as it is, cut at several places, and with
// single bytes changed, so that even a build without libFuzzer tries hostile neighbours of each.
//
//   <name>_replay [--every-byte] FOLDER...
//
// With --every-byte each byte is changed, not 64 of them: minutes, and no count or offset is left
// out.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::uint8_t> load(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::size_t replay(std::vector<std::uint8_t> input, bool every_byte) {
  std::size_t runs = 0;
  const auto run = [&runs](const std::vector<std::uint8_t>& bytes, std::size_t size) {
    LLVMFuzzerTestOneInput(bytes.data(), size);
    ++runs;
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
  std::cout << files << " corpus files, " << runs << " runs\n";
  return files > 0 ? 0 : 1;
}
