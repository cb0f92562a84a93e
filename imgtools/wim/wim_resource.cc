#include "imgtools/wim/wim_resource.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "imgtools/bytes/error.h"

namespace goldhive {

namespace {

constexpr std::size_t solid_header_size = 16;
constexpr std::uint64_t pipe_header_size = 4;  // before each chunk of a pipable resource
constexpr std::uint64_t table_piece_size = 16 * 1024;
/// How much content two threads decode at a time: so much that the start of a thread does not
/// count, and so little that it is still in the processor's cache when its hash is made.
constexpr std::uint64_t run_bytes = 2 << 20;
/// A limit for solid resources, whose table must be added up from its start: 256 GiB in chunks of
/// 32 KiB.
constexpr std::uint64_t max_solid_chunks = 1 << 23;

WimCompression solid_compression(std::uint32_t number, const ByteSource& file, std::uint64_t at) {
  switch (number) {
    case 1:
      return WimCompression::xpress;
    case 2:
      return WimCompression::lzx;
    case 3:
      return WimCompression::lzms;
    default:
      throw Error::corrupt(file.name(), at + 12, "unknown compression of a solid resource",
                           "1, 2 or 3", fmt::format("{}", number));
  }
}

void require_inside(const ByteSource& file, const WimResource& resource, const std::string& name) {
  if (resource.offset <= file.size() && resource.stored_size <= file.size() - resource.offset) {
    return;
  }
  throw Error::corrupt(name, resource.offset,
                       "a resource reaches beyond the end of the WIM, which may be cut off",
                       fmt::format("at most {} bytes", file.size()),
                       fmt::format("{} bytes at {}", resource.stored_size, resource.offset));
}

}  // namespace

WimChunkedSource::WimChunkedSource(WimPart part, const WimResource& resource, std::string name)
    : ByteSource(std::move(name)),
      part_(std::move(part)),
      resource_(resource),
      held_(part_.file->budget()),
      budget_(part_.file->budget()) {
  require_inside(*part_.file, resource_, this->name());
  if (resource_.is_solid()) {
    read_solid_header();
  } else {
    layout_ = part_.header.pipable ? WimLayout::pipable : WimLayout::ordinary;
    compression_ = part_.header.compression();
    chunk_size_ = part_.header.chunk_size;
    size_ = resource_.size;
  }
  if (compression_ == WimCompression::none || !is_wim_chunk_size(compression_, chunk_size_)) {
    throw Error::corrupt(this->name(), resource_.offset,
                         "a compressed resource has a bad chunk size",
                         "a chunk size of its compression",
                         fmt::format("{} with chunks of {}", to_string(compression_), chunk_size_));
  }
  const bool solid = layout_ == WimLayout::solid;
  const std::uint64_t count = size_ / chunk_size_ + (size_ % chunk_size_ == 0 ? 0 : 1);
  const std::uint64_t entries = solid || count == 0 ? count : count - 1;
  entry_bytes_ = solid || size_ <= 0xffffffff ? 4 : 8;
  const std::uint64_t before = solid ? solid_header_size : 0;
  const std::uint64_t between = layout_ == WimLayout::pipable ? pipe_header_size * count : 0;
  // Compared by division: a size in the blob table can be anything, and a product could overflow.
  if (count > resource_.stored_size ||
      before + between + entries * entry_bytes_ > resource_.stored_size) {
    throw Error::corrupt(
        this->name(), resource_.offset, "the chunk table does not fit into its resource",
        fmt::format("at most {} bytes", resource_.stored_size), fmt::format("{} chunks", count));
  }
  table_bytes_ = entries * entry_bytes_;
  data_bytes_ = resource_.stored_size - before - between - table_bytes_;
  if (layout_ == WimLayout::pipable) {
    table_at_ = resource_.offset + resource_.stored_size - table_bytes_;
    data_at_ = resource_.offset;
  } else {
    table_at_ = resource_.offset + before;
    data_at_ = table_at_ + table_bytes_;
  }
  if (solid) read_solid_table();
}

void WimChunkedSource::read_solid_header() {
  layout_ = WimLayout::solid;
  const Bytes head = part_.file->read(resource_.offset, solid_header_size);
  const ByteView view(head, resource_.offset, name());
  size_ = view.u64(0);
  chunk_size_ = view.u32(8);
  compression_ = solid_compression(view.u32(12), *part_.file, resource_.offset);
}

void WimChunkedSource::read_solid_table() {
  const std::uint64_t count = table_bytes_ / entry_bytes_;
  if (count > max_solid_chunks) {
    throw Error(
        ErrorKind::unsupported,
        fmt::format("a solid resource has {} chunks, at most {} are read", count, max_solid_chunks),
        name());
  }
  held_.add((sizeof solid_starts_.front() + sizeof(std::uint32_t)) * count, name());
  solid_starts_.reserve(static_cast<std::size_t>(count) + 1);
  const Bytes table = part_.file->read(table_at_, static_cast<std::size_t>(table_bytes_));
  const ByteView view(table, table_at_, name());
  solid_starts_.push_back(0);
  for (std::size_t i = 0; i < count; ++i) {
    solid_starts_.push_back(solid_starts_.back() + view.u32(4 * i));
  }
}

std::uint64_t WimChunkedSource::table_entry(std::uint64_t index) const {
  const std::uint64_t at = index * entry_bytes_;
  if (table_piece_.empty() || at < table_piece_at_ ||
      at + entry_bytes_ > table_piece_at_ + table_piece_.size()) {
    const std::uint64_t start = at / table_piece_size * table_piece_size;
    table_piece_ = part_.file->read(
        table_at_ + start,
        static_cast<std::size_t>(std::min(table_piece_size, table_bytes_ - start)));
    table_piece_at_ = start;
  }
  const ByteView view(table_piece_, table_at_ + table_piece_at_, name());
  const auto place = static_cast<std::size_t>(at - table_piece_at_);
  return entry_bytes_ == 4 ? view.u32(place) : view.u64(place);
}

std::uint64_t WimChunkedSource::start_of(std::uint64_t chunk) const {
  if (layout_ == WimLayout::solid) return solid_starts_[static_cast<std::size_t>(chunk)];
  if (chunk == 0) return 0;
  return chunk == chunks() ? data_bytes_ : table_entry(chunk - 1);
}

std::size_t WimChunkedSource::content_of(std::uint64_t chunk) const {
  return static_cast<std::size_t>(std::min(chunk_size_, size_ - chunk * chunk_size_));
}

WimChunkedSource::Extent WimChunkedSource::extent_of(std::uint64_t chunk) const {
  const std::uint64_t start = start_of(chunk);
  const std::uint64_t end = start_of(chunk + 1);
  const std::size_t content = content_of(chunk);
  if (start >= end || end > data_bytes_ || end - start > content) {
    throw Error::corrupt(name(), table_at_ + chunk * entry_bytes_,
                         fmt::format("bad place of chunk {}", chunk),
                         fmt::format("1 to {} bytes within {}", content, data_bytes_),
                         fmt::format("those from {} to {}", start, end));
  }
  const std::uint64_t between =
      layout_ == WimLayout::pipable ? pipe_header_size * (chunk + 1) : std::uint64_t{0};
  return {data_at_ + start + between, static_cast<std::size_t>(end - start)};
}

void WimChunkedSource::append_stored(std::uint64_t first, std::uint64_t count, Bytes& out,
                                     std::vector<std::uint64_t>& starts) const {
  const std::size_t at = out.size();
  const std::uint64_t from = extent_of(first).offset;
  std::uint64_t to = from;
  for (std::uint64_t i = first; i < first + count; ++i) {
    const Extent extent = extent_of(i);  // each chunk ends where the next starts
    starts.push_back(at + (extent.offset - from));
    to = extent.offset + extent.size;
  }
  out.resize(at + static_cast<std::size_t>(to - from));
  part_.file->read(from, std::span(out).subspan(at));
}

Bytes WimChunkedSource::decode(std::uint64_t chunk) const {
  const Extent extent = extent_of(chunk);
  Bytes in = part_.file->read(extent.offset, extent.size);
  const std::size_t content = content_of(chunk);
  if (budget_) budget_->unpack(content, name());
  if (in.size() == content) return in;
  Bytes out(content);
  decode(chunk, extent.offset, in, out,
         part_.cache->decoder(compression_, static_cast<std::size_t>(chunk_size_)));
  return out;
}

void WimChunkedSource::decode(std::uint64_t chunk, std::uint64_t at,
                              std::span<const std::uint8_t> in, std::span<std::uint8_t> out,
                              ChunkDecoder& decoder) const {
  if (in.size() == out.size()) {
    std::copy(in.begin(), in.end(), out.begin());
    return;
  }
  const ChunkFault fault = decoder.decode(in, out);
  if (fault == ChunkFault::none) return;
  throw Error::corrupt(name(), at, fmt::format("chunk {} cannot be decompressed", chunk),
                       fmt::format("{} bytes, packed by {}", out.size(), to_string(compression_)),
                       to_string(fault));
}

void WimChunkedSource::decode_run(std::uint64_t first, std::span<std::uint8_t> out) const {
  const auto step = static_cast<std::size_t>(chunk_size_);
  const std::size_t count = out.size() / step;
  if (budget_) budget_->unpack(out.size(), name());
  std::vector<Extent> extents;
  for (std::size_t i = 0; i < count; ++i) extents.push_back(extent_of(first + i));
  const std::uint64_t start = extents.front().offset;
  const Bytes stored = part_.file->read(
      start, static_cast<std::size_t>(extents.back().offset + extents.back().size - start));
  const auto decode_some = [&](std::size_t from, std::size_t to, ChunkDecoder& decoder) {
    for (std::size_t i = from; i < to; ++i) {
      const std::span<const std::uint8_t> in(
          stored.data() + static_cast<std::size_t>(extents[i].offset - start), extents[i].size);
      decode(first + i, extents[i].offset, in, out.subspan(i * step, step), decoder);
    }
  };
  ChunkDecoder& mine = part_.cache->decoder(compression_, step);
  ChunkDecoder& other = part_.cache->decoder(compression_, step, 1);
  // This thread takes the first half, so that of two bad chunks the first one is reported.
  std::future<void> second =
      std::async(std::launch::async, [&] { decode_some(count / 2, count, other); });
  decode_some(0, count / 2, mine);
  second.get();
}

void WimChunkedSource::do_read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  while (!out.empty()) {
    const std::uint64_t chunk = offset / chunk_size_;
    const std::uint64_t run = chunk_size_ * (run_bytes / chunk_size_);
    if (run != 0 && offset % chunk_size_ == 0 && out.size() >= run) {
      decode_run(chunk, out.first(static_cast<std::size_t>(run)));
      offset += run;
      out = out.subspan(static_cast<std::size_t>(run));
      continue;
    }
    if (!last_ || chunk != last_chunk_) {
      last_.reset();  // before room is made for another
      last_ = part_.cache->get({part_.header.part, resource_.offset, chunk}, content_of(chunk),
                               budget_, [&] { return decode(chunk); });
      last_chunk_ = chunk;
    }
    const auto from = static_cast<std::size_t>(offset % chunk_size_);
    // Two entries of the blob table can contradict each other about one place.
    if (from >= last_->size()) {
      last_.reset();
      throw Error::corrupt(name(), resource_.offset, "two resources of the WIM overlap");
    }
    const std::size_t length = std::min(out.size(), last_->size() - from);
    std::copy_n(last_->begin() + static_cast<std::ptrdiff_t>(from), length, out.begin());
    // What is kept here the cache cannot let go: it must leave room for one more, which can be
    // 64 MiB.
    if (budget_ && budget_->room() < chunk_size_) last_.reset();
    offset += length;
    out = out.subspan(length);
  }
}

std::unique_ptr<ByteSource> open_wim_resource(const WimPart& part, const WimResource& resource,
                                              std::string name) {
  if (resource.is_compressed() || resource.is_solid()) {
    return std::make_unique<WimChunkedSource>(part, resource, std::move(name));
  }
  require_inside(*part.file, resource, name);
  if (resource.size != resource.stored_size) {
    throw Error::corrupt(name, resource.offset,
                         "a resource that is not compressed states two sizes",
                         fmt::format("{} bytes stored", resource.size),
                         fmt::format("{} bytes", resource.stored_size));
  }
  return std::make_unique<SliceSource>(part.file, resource.offset, resource.size, std::move(name));
}

}  // namespace goldhive
