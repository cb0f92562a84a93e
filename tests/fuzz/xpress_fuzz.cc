// A chunk of XPRESS: the first two bytes are the size of its content.
#include "imgtools/codec/xpress.h"
#include "tests/fuzz/twice_decoded.h"

using namespace goldhive;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  static const auto used = make_xpress_decoder();
  fuzz::decode_twice(*used, *make_xpress_decoder(), {data + 2, size - 2}, data[0] + 256U * data[1]);
  return 0;
}
