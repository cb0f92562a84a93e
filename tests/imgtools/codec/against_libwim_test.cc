// Our decoders beside libwim's, on what its encoders make of every corpus, and on the same with
// bytes changed.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "tests/golden.h"
#include "tests/imgtools/codec/corpora.h"
#include "tests/imgtools/codec/decoding.h"
#include "tests/imgtools/codec/libwim_codec.h"
#include "tests/imgtools/codec/samples.h"

using namespace goldhive;
using namespace goldhive::testing;

namespace {

constexpr std::size_t kib = 1024;

/// Packs content of these sizes of all corpora, and decodes it.
void check_sizes(const std::string& codec, std::size_t chunk_size, unsigned level,
                 const std::vector<std::size_t>& sizes) {
  LibwimCodec libwim(codec, chunk_size, level);
  const auto decoder = make_decoder(codec, chunk_size);
  std::size_t packed_chunks = 0;
  for (const std::string& corpus : corpora()) {
    const Bytes all = content_of(corpus, *std::max_element(sizes.begin(), sizes.end()));
    for (const std::size_t size : sizes) {
      INFO(codec << ' ' << chunk_size << " level " << level << ": " << size << " of " << corpus);
      const Bytes content(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size));
      const Bytes packed = libwim.pack(content);
      if (packed.empty()) continue;
      ++packed_chunks;
      const Decoded decoded = decode(*decoder, packed, size);
      CHECK(std::string(to_string(decoded.fault)) == to_string(ChunkFault::none));
      CHECK((decoded.content == content));
    }
  }
  CHECK(packed_chunks > sizes.size());
}

/// Changes one to three bytes, often among the first ones, or cuts the end off.
Bytes damaged(Bytes chunk, std::mt19937& random) {
  for (auto left = 1 + random() % 3; left > 0; --left) {
    const std::size_t near = random() % 3 == 0 ? 300 : chunk.size();
    const std::size_t at = random() % std::min(chunk.size(), near);
    const auto kind = random() % 8;
    if (kind == 0) chunk.resize(at + 1);
    if (kind < 4) chunk[at] = static_cast<std::uint8_t>(random());
    if (kind >= 4) chunk[at] ^= static_cast<std::uint8_t>(1U << (random() % 8));
  }
  return chunk;
}

/// Where we find a fault and libwim does not. It takes zeros for what lies behind the end of a
/// chunk, lets runs of codeword lengths go beyond their code, and uses codes without symbols.
bool libwim_overlooks(ChunkFault fault) {
  return fault == ChunkFault::cut_off || fault == ChunkFault::bad_lengths ||
         fault == ChunkFault::empty_code;
}

void check_damaged(const std::string& codec) {
  constexpr std::size_t chunk_size = 32 * kib;
  LibwimCodec libwim(codec, chunk_size, 50);
  const auto decoder = make_decoder(codec, chunk_size);
  std::mt19937 random(1);
  std::map<std::string, int> seen;
  for (int round = 0; round < 150; ++round) {
    const std::string& corpus = corpora()[static_cast<std::size_t>(round) % corpora().size()];
    const std::size_t size = round % 5 == 0 ? chunk_size : 1000 + random() % 5000;
    const Bytes packed = libwim.pack(content_of(corpus, size));
    for (int i = 0; i < 20 && !packed.empty(); ++i) {
      const Bytes chunk = damaged(packed, random);
      INFO(codec << " round " << round << '.' << i);
      const Decoded ours = decode(*decoder, chunk, size);
      Bytes theirs(size);
      const bool theirs_good = libwim.unpack(chunk, theirs);
      if (ours.fault == ChunkFault::none) {
        ++seen["both"];
        CHECK(theirs_good);
        CHECK((theirs == ours.content));
      } else if (theirs_good) {
        ++seen["libwim alone"];
        CHECK((libwim_overlooks(ours.fault)));
      } else {
        ++seen["none"];
      }
    }
  }
  CHECK(seen["both"] > 100);
  CHECK(seen["none"] > 1000);
  CHECK(seen["libwim alone"] < seen["none"] / 3);
}

}  // namespace

TEST_CASE("what libwim packs is decoded, in each compression and chunk size, by each level") {
  for (const unsigned level : {1U, 20U, 50U, 100U}) {
    for (const std::size_t size : {4 * kib, 8 * kib, 16 * kib, 32 * kib, 64 * kib}) {
      check_sizes("XPRESS", size, level, {size, size / 2 + 13});
    }
    for (std::size_t size = 32 * kib; size <= 2048 * kib; size *= 2) {
      check_sizes("LZX", size, level, {std::min(size, 96 * kib), size / 8 + 7});
      check_sizes("LZMS", size, level, {std::min(size, 96 * kib), size / 8 + 7});
    }
  }
}

TEST_CASE("what libwim packs of few bytes is decoded") {
  std::vector<std::size_t> sizes;
  for (std::size_t size = 1; size < 40; ++size) sizes.push_back(size);
  for (std::size_t size = 40; size < 2000; size += 97) sizes.push_back(size);
  for (const char* codec : {"XPRESS", "LZX", "LZMS"}) check_sizes(codec, 32 * kib, 50, sizes);
}

TEST_CASE("what libwim packs in large chunks is decoded") {
  check_sizes("LZX", 2048 * kib, 20, {1500 * kib});
  check_sizes("LZMS", 65536 * kib, 20, {1'200'001});
}

TEST_CASE("a damaged chunk of XPRESS gives what libwim gives, or a fault") {
  check_damaged("XPRESS");
}

TEST_CASE("a damaged chunk of LZX gives what libwim gives, or a fault") { check_damaged("LZX"); }

TEST_CASE("a damaged chunk of LZMS gives what libwim gives, or a fault") { check_damaged("LZMS"); }

TEST_CASE("the samples are made anew", "[.][make-samples]") {
  for (const Sample& sample : samples()) {
    const Bytes packed = LibwimCodec(sample.codec, sample.chunk_size, 50)
                             .pack(content_of(sample.corpus, sample.size));
    const std::filesystem::path file = tests::source_folder() / sample.file();
    std::filesystem::create_directories(file.parent_path());
    std::ofstream out(file, std::ios::binary);
    for (const std::uint8_t byte : packed) out.put(static_cast<char>(byte));
  }
}
