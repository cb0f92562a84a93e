// The XML of a WIM, as UTF-16LE bytes.
#include "imgtools/bytes/error.h"
#include "imgtools/wim/wim_xml.h"

using namespace goldhive;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const WimXml xml = parse_wim_xml(Bytes(data, data + size), "xml");
    for (const auto& [number, image] : xml.images) describe(image);
  } catch (const Error&) {
  }
  return 0;
}
