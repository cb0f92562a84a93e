#include "imgtools/wim/wim_hash_uses.h"

#include <catch2/catch.hpp>

#include "fixtures/wim_builder.h"

using namespace goldhive;

TEST_CASE("a hash is counted once wherever it stands, at the seams of pieces too") {
  const WimHash hash = fixtures::wim_hash_of(Bytes{1, 2, 3});
  const WimHash absent = fixtures::wim_hash_of(Bytes{4});
  constexpr std::size_t size = (5 << 20) + 7;
  constexpr std::size_t seam = 2 << 20;
  for (std::size_t before = 0; before <= hash.size(); ++before) {
    Bytes metadata(size);
    const std::vector<std::size_t> places = {0, seam - before, 2 * seam - before,
                                             size - hash.size()};
    for (const std::size_t at : places) {
      std::copy(hash.begin(), hash.end(), metadata.begin() + static_cast<std::ptrdiff_t>(at));
    }
    WimHashUses uses{{hash, 0}, {absent, 0}};
    count_wim_hash_uses(MemorySource(metadata, "t"), uses);
    CHECK(uses[hash] == 4);
    CHECK(uses[absent] == 0);
  }
}

TEST_CASE("hashes are counted in metadata shorter than a hash, and on top of what was counted") {
  const WimHash hash = fixtures::wim_hash_of(Bytes{1});
  WimHashUses uses{{hash, 2}};
  count_wim_hash_uses(MemorySource(Bytes(19), "t"), uses);
  count_wim_hash_uses(MemorySource(Bytes{}, "t"), uses);
  CHECK(uses[hash] == 2);
  count_wim_hash_uses(MemorySource(Bytes(hash.begin(), hash.end()), "t"), uses);
  CHECK(uses[hash] == 3);
}
