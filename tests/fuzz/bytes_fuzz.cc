// ByteView: every call answers or throws Error.
#include "imgtools/bytes/bytes.h"

#include <cstddef>
#include <cstdint>

#include "imgtools/bytes/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const goldhive::ByteView view(std::span<const std::uint8_t>(data, size), 0, "input");
  std::size_t at = 0;
  try {
    for (int steps = 0; steps < 1000; ++steps) at = view.u32(at) ^ view.slice(at, 8).u64(0);
  } catch (const goldhive::Error&) {
  }
  return 0;
}
