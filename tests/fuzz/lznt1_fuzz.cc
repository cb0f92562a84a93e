// LZNT1: byte 0 is the number of chunks that there is room for.
#include "imgtools/ntfs/lznt1.h"

#include "tests/fuzz/attempt.h"

using namespace goldhive;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Bytes out((data[0] % 16U + 1) * 4096 - data[0] / 16U);
  fuzz::attempt([&] { ntfs::decompress_lznt1(ByteView({data + 1, size - 1}, 0, "packed"), out); });
  return 0;
}
