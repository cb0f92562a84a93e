// A resource in chunks: byte 0 is the layout and the compression, bytes 1 to 3 the size of the
// content, the rest is the resource as it lies in the file.
#include <algorithm>

#include "imgtools/bytes/error.h"
#include "imgtools/wim/wim_resource.h"
#include "tests/fuzz/file_of_target.h"

using namespace goldhive;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  constexpr std::uint32_t codecs[] = {0x20000, 0x40000, 0x80000};
  WimPart part;
  part.file = fuzz::file_of_target(Bytes(data + 4, data + size), "resource");
  part.header.version = WimHeader::version_default;
  part.header.flags = WimHeader::compressed | codecs[data[0] % 3];
  part.header.chunk_size = 32768;
  part.header.pipable = (data[0] & 0x10) != 0;
  part.cache = std::make_shared<WimChunkCache>();
  WimResource resource;
  resource.flags = (data[0] & 0x20) != 0 ? WimResource::solid_flag : WimResource::compressed_flag;
  resource.stored_size = size - 4;
  resource.size = data[1] + 256U * data[2] + 65536U * data[3];
  try {
    const auto source = open_wim_resource(part, resource, "resource");
    for (std::uint64_t at = 0; at < source->size(); at += source->size() / 8 + 1) {
      source->read(at,
                   static_cast<std::size_t>(std::min<std::uint64_t>(40'000, source->size() - at)));
    }
  } catch (const Error&) {
  }
  return 0;
}
