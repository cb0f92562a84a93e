// Decoded chunks, shared by all that reads from one WIM: the images of a WIM share most of their
// files, the hives of one solid resource often share a chunk of 64 MiB, and a walk through metadata
// comes back to where it was.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <tuple>

#include "imgtools/wim/wim_codec.h"

namespace goldhive {

class WimChunkCache {
 public:
  /// Which chunk: part of a split WIM, offset of its resource in the file, number of the chunk.
  using Key = std::tuple<std::uint16_t, std::uint64_t, std::uint64_t>;
  using Chunk = std::shared_ptr<const Bytes>;

  /// The chunk, from memory or by `decode`. What has not been asked for longest goes when more than
  /// 1 MiB and more than three chunks are held.
  Chunk get(const Key& key, const std::function<Bytes()>& decode);

  /// Made at its first use. One is used by one thread at a time: each has a number.
  WimDecompressor& decompressor(WimCompression compression, std::size_t chunk_size,
                                unsigned thread = 0);

 private:
  struct Entry {
    Key key;
    Chunk chunk;
  };
  std::list<Entry> entries_;  // the last used first
  std::map<Key, std::list<Entry>::iterator> index_;
  std::size_t bytes_ = 0;
  std::map<std::tuple<WimCompression, std::size_t, unsigned>, std::unique_ptr<WimDecompressor>>
      decompressors_;
};

}  // namespace goldhive
