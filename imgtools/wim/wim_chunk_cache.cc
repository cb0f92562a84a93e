#include "imgtools/wim/wim_chunk_cache.h"

namespace goldhive {

namespace {

constexpr std::size_t enough_bytes = 1 << 20;
constexpr std::size_t enough_chunks = 3;

}  // namespace

namespace {

/// Whoever still reads from a chunk holds it, also when the cache has let it go.
struct HeldChunk {
  HeldBytes held;
  Bytes bytes;
};

}  // namespace

void WimChunkCache::forget_oldest() {
  bytes_ -= entries_.back().chunk->size();
  index_.erase(entries_.back().key);
  entries_.pop_back();
}

WimChunkCache::Chunk WimChunkCache::get(const Key& key, std::size_t size,
                                        const SharedBudget& budget,
                                        const std::function<Bytes()>& decode) {
  const auto known = index_.find(key);
  if (known != index_.end()) {
    entries_.splice(entries_.begin(), entries_, known->second);
    return entries_.front().chunk;
  }
  // Room is made first: a chunk can be 64 MiB.
  while (entries_.size() >= enough_chunks && bytes_ > enough_bytes) forget_oldest();
  while (budget && !entries_.empty() && budget->room() < size) forget_oldest();
  const auto chunk = std::make_shared<HeldChunk>(HeldChunk{HeldBytes(budget), {}});
  chunk->held.add(size, "a chunk of the WIM");
  chunk->bytes = decode();
  entries_.push_front({key, Chunk(chunk, &chunk->bytes)});
  index_[key] = entries_.begin();
  bytes_ += entries_.front().chunk->size();
  return entries_.front().chunk;
}

ChunkDecoder& WimChunkCache::decoder(WimCompression compression, std::size_t chunk_size,
                                     unsigned thread) {
  std::unique_ptr<ChunkDecoder>& made = decoders_[{compression, chunk_size, thread}];
  if (!made) made = make_wim_decoder(compression, chunk_size);
  return *made;
}

}  // namespace goldhive
