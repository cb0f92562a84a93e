// The PE reader: any bytes give a version, no version, or Error.
#include <cstddef>
#include <cstdint>

#include "imgtools/bytes/error.h"
#include "src/windows/pe_version.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const goldhive::MemorySource source(goldhive::Bytes(data, data + size), "input");
  try {
    const goldhive::windows::PeFile file(source);
    (void)file.architecture();
    (void)file.file_version();
  } catch (const goldhive::Error&) {
  }
  return 0;
}
