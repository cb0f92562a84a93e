// Decoded chunks, shared by all readers of one WIM: the images of a WIM share most of their files,
// the hives of one solid resource often share a chunk of 64 MiB, and a walk through metadata comes
// back to chunks it has read.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <tuple>

#include "imgtools/bytes/parse_budget.h"
#include "imgtools/wim/wim_decoder.h"

namespace goldhive {

class WimChunkCache {
 public:
  /// Which chunk: part of a split WIM, offset of its resource in the file, number of the chunk.
  using Key = std::tuple<std::uint16_t, std::uint64_t, std::uint64_t>;
  using Chunk = std::shared_ptr<const Bytes>;

  /// The chunk of `size` bytes, from memory or by `decode`. What has not been asked for longest
  /// goes when more than 1 MiB and more than three chunks are held, or when `budget`, which may be
  /// null, has no room for one more. Error(refused) if it has none at all.
  Chunk get(const Key& key, std::size_t size, const SharedBudget& budget,
            const std::function<Bytes()>& decode);

  /// The decoder of one thread; each `thread` has a number. Made at its first use.
  ChunkDecoder& decoder(WimCompression compression, std::size_t chunk_size, unsigned thread = 0);

 private:
  void forget_oldest();

  struct Entry {
    Key key;
    Chunk chunk;
  };
  std::list<Entry> entries_;  // the last used first
  std::map<Key, std::list<Entry>::iterator> index_;
  std::size_t bytes_ = 0;
  std::map<std::tuple<WimCompression, std::size_t, unsigned>, std::unique_ptr<ChunkDecoder>>
      decoders_;
};

}  // namespace goldhive
