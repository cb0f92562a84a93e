// A chunk of LZX: byte 0 is its chunk size, in powers of two from 32 KiB on, bytes 1 and 2 are the
// size of its content.
#include <array>

#include "imgtools/codec/lzx.h"
#include "tests/fuzz/twice_decoded.h"

using namespace goldhive;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  constexpr unsigned orders = 7;
  const unsigned order = data[0] % orders;
  const std::size_t chunk_size = std::size_t{32768} << order;
  static std::array<std::unique_ptr<ChunkDecoder>, orders> used;
  if (!used[order]) used[order] = make_lzx_decoder(chunk_size);
  const std::size_t content = (data[1] + 256U * data[2]) % (chunk_size + 1);
  fuzz::decode_twice(*used[order], *make_lzx_decoder(chunk_size), {data + 3, size - 3}, content);
  return 0;
}
