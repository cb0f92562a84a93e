// Inspection of a loose hive: whatever its keys and values are, there are facts or Error.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "imgtools/bytes/error.h"
#include "src/windows/inspect.h"
#include "tests/support/memory_tree.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto tree = std::make_shared<goldhive::testing::MemoryTree>();
  tree->add("hive", goldhive::Bytes(data, data + size));
  goldhive::Volume volume;
  volume.tree = tree;
  goldhive::windows::InspectOptions options;
  options.dotnet = true;
  options.wininet = true;
  try {
    (void)goldhive::windows::inspect(volume, "target", options);
  } catch (const goldhive::Error&) {
  }
  return 0;
}
