// How fast our decoders are beside libwim's: CPU time of one thread, both in turn, the best of some
// rounds.
//
//   codec_bench [FILE...]
//
// Without a file the corpora of the tests are packed. Prints a table; the content must be right,
// too.
#include <algorithm>
#include <ctime>
#include <fstream>
#include <functional>
#include <iomanip>
#include <iostream>
#include <iterator>

#include "tests/imgtools/codec/corpora.h"
#include "tests/imgtools/codec/libwim_codec.h"
#include "tests/imgtools/codec/samples.h"

using namespace goldhive;
using namespace goldhive::testing;

namespace {

constexpr int rounds = 15;
constexpr unsigned level = 50;

struct Chunk {
  Bytes packed;
  Bytes content;
};

struct Kind {
  const char* codec;
  std::size_t chunk_size;
};

std::vector<Chunk> pack(LibwimCodec& libwim, const Bytes& content, std::size_t chunk_size) {
  std::vector<Chunk> chunks;
  for (std::size_t at = 0; at < content.size(); at += chunk_size) {
    const auto begin = content.begin() + static_cast<std::ptrdiff_t>(at);
    const std::size_t size = std::min(chunk_size, content.size() - at);
    Chunk chunk{{}, Bytes(begin, begin + static_cast<std::ptrdiff_t>(size))};
    chunk.packed = libwim.pack(chunk.content);
    if (!chunk.packed.empty()) chunks.push_back(std::move(chunk));
  }
  return chunks;
}

double seconds_of(const std::function<void()>& work) {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

/// False if something was decoded wrongly.
bool compare(const Kind& kind, const std::string& name, const Bytes& content) {
  LibwimCodec libwim(kind.codec, kind.chunk_size, level);
  const auto decoder = make_decoder(kind.codec, kind.chunk_size);
  const std::vector<Chunk> chunks = pack(libwim, content, kind.chunk_size);
  if (chunks.empty()) return true;
  Bytes out(std::min(kind.chunk_size, content.size()));
  std::size_t size = 0;
  std::size_t packed = 0;
  for (const Chunk& chunk : chunks) {
    const std::span<std::uint8_t> place = std::span(out).first(chunk.content.size());
    if (decoder->decode(chunk.packed, place) != ChunkFault::none) return false;
    if (!std::equal(place.begin(), place.end(), chunk.content.begin())) return false;
    size += chunk.content.size();
    packed += chunk.packed.size();
  }
  double ours = 1e9;
  double theirs = 1e9;
  for (int round = 0; round < rounds; ++round) {
    ours = std::min(ours, seconds_of([&] {
                      for (const Chunk& chunk : chunks) {
                        static_cast<void>(decoder->decode(
                            chunk.packed, std::span(out).first(chunk.content.size())));
                      }
                    }));
    theirs = std::min(theirs, seconds_of([&] {
                        for (const Chunk& chunk : chunks) {
                          libwim.unpack(chunk.packed, std::span(out).first(chunk.content.size()));
                        }
                      }));
  }
  const double megabytes = static_cast<double>(size) / 1e6;
  std::cout << "| " << kind.codec << ' ' << kind.chunk_size / 1024 << "K | " << name << " | "
            << std::fixed << std::setprecision(2)
            << static_cast<double>(packed) / static_cast<double>(size) << " | "
            << std::setprecision(0) << megabytes / ours << " | " << megabytes / theirs << " | "
            << std::setprecision(2) << theirs / ours << " |\n";
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  std::vector<std::pair<std::string, Bytes>> contents;
  for (int i = 1; i < count; ++i) {
    const std::string path = arguments[i];
    std::ifstream in(path, std::ios::binary);
    contents.emplace_back(
        path.substr(path.find_last_of('/') + 1),
        Bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()});
  }
  if (contents.empty()) {
    for (const std::string& corpus : corpora()) {
      contents.emplace_back(corpus, content_of(corpus, 4'000'000));
    }
  }
  std::cout
      << "| compression | content | packed to | ours MB/s | libwim MB/s | ours times libwim |\n"
         "|---|---|---:|---:|---:|---:|\n";
  bool right = true;
  for (const Kind& kind : {Kind{"XPRESS", 4096}, Kind{"XPRESS", 32768}, Kind{"LZX", 32768},
                           Kind{"LZX", 2 << 20}, Kind{"LZMS", 131072}, Kind{"LZMS", 1 << 26}}) {
    for (const auto& [name, content] : contents) right &= compare(kind, name, content);
  }
  return right ? 0 : 1;
}
