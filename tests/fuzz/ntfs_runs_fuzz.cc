// Mapping pairs: the first three bytes are the clusters of the attribute, the next three those of
// the volume. What is decoded covers the attribute and lies in the volume, or it is an error.
#include <cstdlib>

#include "imgtools/ntfs/runs.h"
#include "tests/fuzz/attempt.h"

using namespace goldhive;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 6) return 0;
  const auto number = [&](std::size_t at) {
    return data[at] + 256U * data[at + 1] + 65536U * data[at + 2];
  };
  ntfs::Attribute piece;
  piece.end_cluster = number(0);
  const std::uint64_t clusters = number(3);
  piece.mapping_pairs = ByteView({data + 6, size - 6}, 0, "pairs");
  fuzz::attempt([&] {
    std::uint64_t next = 0;
    for (const ntfs::Run& run : ntfs::parse_runs(piece, clusters)) {
      if (run.first != next || run.length == 0) std::abort();
      if (run.place && (run.length > clusters || *run.place > clusters - run.length)) std::abort();
      next = run.end();
    }
    if (next != piece.end_cluster) std::abort();
  });
  return 0;
}
