#include "src/hive/marvin32.h"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <vector>

using namespace goldhive::hive;

TEST_CASE("Marvin32 gives the published results for another seed") {
  // The patent's reference vectors, as SymCrypt and others publish them.
  constexpr std::uint64_t seed = 0x004fb61a001bdbcc;
  CHECK(Marvin32(seed).finish() == 0x30ed35c100cd3c7d);
  Marvin32 four(seed);
  const std::vector<std::uint8_t> word{0x86, 0x42, 0xdc, 0x59};
  four.update(word);
  CHECK(four.finish() == 0x7008f2e87e9cf556);
}

TEST_CASE("Marvin32 gives the same in one piece and in several") {
  std::vector<std::uint8_t> data(64);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(i * 7);
  Marvin32 pieces;
  pieces.update(std::span(data).first(4));
  pieces.update(std::span(data).subspan(4, 40));
  pieces.update(std::span(data).subspan(44));
  CHECK(pieces.finish() == marvin32(data));
  data[63] ^= 1;
  Marvin32 other;
  other.update(data);
  CHECK(other.finish() != marvin32(std::span(data).first(60)));
  CHECK_THROWS_AS(marvin32(std::span(data).first(3)), std::invalid_argument);
}
