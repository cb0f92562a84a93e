// The content of a resource of a WIM, read on demand: only the chunks that a read touches are
// decoded.
//
// A compressed resource is its content cut into chunks of one size, with a table of where they lie.
// Each chunk is compressed by itself; one whose stored size is its full size is not compressed:
//
//   ordinary   | offsets of chunks 1, 2, ... behind the table | chunk 0 | chunk 1 | ...
//   pipable    | u32 stored size | chunk 0 | u32 stored size | chunk 1 | ... | the same offsets |
//   solid      | u64 content size, u32 chunk size, u32 compression | stored size of each chunk |
//              | chunk 0 | ...
//
// What is odd about it:
// - Chunk 0 has no entry in a table of offsets; it starts at 0. The entries are u32, or u64 if the
//   content is 4 GiB or more. Stored sizes of solid resources are always u32.
// - The offsets of a pipable resource do not count the u32 in front of each chunk.
// - Only a solid resource says itself how it is compressed. For all others the header of the WIM
//   says it.
//
// Source: as for wim_header.h; the pipable layout was read off files made by wimlib-imagex.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "imgtools/wim/wim_chunk_cache.h"

namespace goldhive {

/// How the chunks of a resource lie.
enum class WimLayout { ordinary, pipable, solid };

/// The file in which resources lie, with what all its resources have in common.
struct WimPart {
  std::shared_ptr<const ByteSource> file;
  WimHeader header;
  std::shared_ptr<WimChunkCache> cache;
};

/// A resource in chunks. It also gives out single chunks as they are stored, for copying.
class WimChunkedSource final : public ByteSource {
 public:
  /// Throws Error(corrupt) if the chunk table does not fit into the resource.
  WimChunkedSource(WimPart part, const WimResource& resource, std::string name);

  std::uint64_t size() const override { return size_; }
  SharedBudget budget() const override { return part_.file->budget(); }
  WimLayout layout() const { return layout_; }
  WimCompression compression() const { return compression_; }
  std::uint64_t chunk_size() const { return chunk_size_; }
  /// Bytes in the file.
  std::uint64_t stored_size() const { return resource_.stored_size; }
  std::uint64_t chunks() const { return (size_ + chunk_size_ - 1) / chunk_size_; }
  /// The size of the content of a chunk: the chunk size, or less for the last chunk.
  std::size_t content_of(std::uint64_t chunk) const;
  /// Appends `count` chunks from `first` on to `out` as they are stored, in an ordinary layout, and
  /// to `starts` where in `out` each starts. A chunk with the size content_of() is not compressed.
  void append_stored(std::uint64_t first, std::uint64_t count, Bytes& out,
                     std::vector<std::uint64_t>& starts) const;

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override;

 private:
  struct Extent {
    std::uint64_t offset;  ///< in the file
    std::size_t size;
  };
  void read_solid_header();
  void read_solid_table();
  /// Where a chunk starts, counted from the end of the table. For the number of chunks: where the
  /// last chunk ends.
  std::uint64_t start_of(std::uint64_t chunk) const;
  std::uint64_t table_entry(std::uint64_t index) const;
  Extent extent_of(std::uint64_t chunk) const;
  Bytes decode(std::uint64_t chunk) const;
  /// As above, into `out`, which has the right size. `in` is the chunk as it is stored, at `at` in
  /// the file. Several threads may call this, each with its own decoder.
  void decode(std::uint64_t chunk, std::uint64_t at, std::span<const std::uint8_t> in,
              std::span<std::uint8_t> out, ChunkDecoder& decoder) const;
  /// Decodes chunks from `first` on until `out` is full, by two threads. The cache is not used: a
  /// caller that wants so much at once keeps it.
  void decode_run(std::uint64_t first, std::span<std::uint8_t> out) const;

  WimPart part_;
  WimResource resource_;
  WimLayout layout_ = WimLayout::ordinary;
  WimCompression compression_ = WimCompression::none;
  std::uint64_t size_ = 0;
  std::uint64_t chunk_size_ = 0;
  std::uint64_t table_at_ = 0;  ///< in the file
  std::uint64_t table_bytes_ = 0;
  std::uint64_t entry_bytes_ = 4;
  std::uint64_t data_at_ = 0;     ///< in the file: offsets count from here
  std::uint64_t data_bytes_ = 0;  ///< of all chunks as stored, without gaps
  std::vector<std::uint64_t> solid_starts_;
  HeldBytes held_;       ///< for solid_starts_
  SharedBudget budget_;  ///< what is decoded counts as unpacked
  // The part of the table that was read last, and the chunk.
  mutable Bytes table_piece_;
  mutable std::uint64_t table_piece_at_ = 0;
  mutable std::uint64_t last_chunk_ = 0;
  mutable WimChunkCache::Chunk last_;
};

/// The content of a resource, compressed or not. Throws Error: corrupt, unsupported.
std::unique_ptr<ByteSource> open_wim_resource(const WimPart& part, const WimResource& resource,
                                              std::string name);

}  // namespace goldhive
