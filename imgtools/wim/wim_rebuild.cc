#include "imgtools/wim/wim_rebuild.h"

#include <algorithm>

#include "imgtools/bytes/digest.h"
#include "imgtools/bytes/error.h"
#include "imgtools/bytes/large_buffer.h"
#include "imgtools/wim/wim_encoder.h"

namespace goldhive {

namespace {

/// If all chunks must be compressed again (those of a solid resource), less time is spent on each
/// than on the few chunks of an ordinary resource. Levels of libwim; 50 is its default.
constexpr unsigned careful = 50;
constexpr unsigned quick = 20;

constexpr std::size_t spare = 256 << 10;  // room for chunks that become larger

constexpr std::size_t plain_chunk = 1 << 20;  // length of a step through a resource without chunks

class Rebuilder {
 public:
  /// `known`: all of the new content, or empty.
  Rebuilder(const WimPart& part, const ByteSource& source, bool compressed,
            const std::vector<Write>& writes, std::uint64_t size,
            std::span<const std::uint8_t> known)
      : source_(source),
        chunked_(dynamic_cast<const WimChunkedSource*>(&source)),
        writes_(writes),
        size_(size),
        known_(known) {
    if (!compressed || part.header.compression() == WimCompression::none) return;
    copies_ = chunked_ != nullptr && chunked_->layout() == WimLayout::ordinary;
    chunk_size_ = part.header.chunk_size;
    encoder_ = make_wim_encoder(part.header.compression(), static_cast<std::size_t>(chunk_size_),
                                copies_ ? careful : quick);
  }

  WimRebuilt run(std::uint8_t flags, const WimHash& expected) {
    const std::uint64_t step = chunk_size_ == 0 ? plain_chunk : chunk_size_;
    const std::uint64_t end = std::max(size_, source_.size());
    if (chunk_size_ != 0 && size_ > chunk_size_) {
      stored_.resize(static_cast<std::size_t>((size_ - 1) / chunk_size_) * entry_width());
    }
    data_at_ = stored_.size();
    // All chunks but a few stay what they are.
    if (copies_) {
      reserve_large(stored_, data_at_ + static_cast<std::size_t>(chunked_->stored_size()) + spare);
    }
    for (std::uint64_t at = 0; at < end; at += step) add(at, step);
    copy_untouched();
    if (known_.empty() && !is_zero(expected) && old_sum_.finish() != expected) {
      throw Error(ErrorKind::corrupt,
                  "the content does not have the SHA-1 that the WIM has for it, so it is damaged "
                  "and is not changed",
                  source_.name());
    }
    WimRebuilt out;
    if (size_ != 0) out.hash = new_sum_.finish();
    put_table();
    out.stored = std::move(stored_);
    out.resource.flags =
        static_cast<std::uint8_t>((flags & WimResource::metadata_flag) |
                                  (chunk_size_ == 0 ? 0 : WimResource::compressed_flag));
    out.resource.size = size_;
    out.resource.stored_size = out.stored.size();
    return out;
  }

 private:
  void add(std::uint64_t at, std::uint64_t step) {
    const std::size_t old_length = length_in(source_.size(), at, step);
    const std::size_t length = length_in(size_, at, step);
    Bytes buffer;
    std::span<const std::uint8_t> content;
    if (known_.empty()) {
      buffer.resize(old_length);
      if (!buffer.empty()) source_.read(at, buffer);
      old_sum_.add(buffer);
      buffer.resize(length);
      apply(at, buffer);
      content = buffer;
    } else {
      content = known_.subspan(static_cast<std::size_t>(at), length);
    }
    if (content.empty()) return;
    const bool touched = length != old_length || concerned(at, length);
    new_sum_.add(content);
    if (chunk_size_ == 0) {
      stored_.insert(stored_.end(), content.begin(), content.end());
      return;
    }
    if (copies_ && !touched) {
      if (untouched_++ == 0) first_untouched_ = at / step;
      return;
    }
    copy_untouched();
    starts_.push_back(stored_.size());
    const Bytes stored = compress(content);
    stored_.insert(stored_.end(), stored.begin(), stored.end());
  }

  /// Copies the chunks since the last one that was compressed, with one read.
  void copy_untouched() {
    if (untouched_ != 0) {
      chunked_->append_stored(first_untouched_, untouched_, stored_, starts_);
    }
    untouched_ = 0;
  }

  /// How many bytes a content of `size` has in the step that starts at `at`.
  static std::size_t length_in(std::uint64_t size, std::uint64_t at, std::uint64_t step) {
    return static_cast<std::size_t>(at < size ? std::min(size - at, step) : 0);
  }

  /// Whether a write changes some of the `length` bytes at `at`.
  bool concerned(std::uint64_t at, std::size_t length) const {
    return std::any_of(writes_.begin(), writes_.end(), [&](const Write& write) {
      return write.offset < at + length && at < write.offset + write.data.size();
    });
  }

  void apply(std::uint64_t at, Bytes& content) const {
    for (const auto& [offset, bytes] : writes_) {
      const std::uint64_t from = std::max(offset, at);
      const std::uint64_t to = std::min(offset + bytes.size(), at + content.size());
      if (from >= to) continue;
      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(from - offset), to - from,
                  content.begin() + static_cast<std::ptrdiff_t>(from - at));
    }
  }

  Bytes compress(std::span<const std::uint8_t> content) const {
    Bytes out(content.size());
    const std::size_t length =
        encoder_ ? encoder_->encode(content, std::span(out).first(out.size() - 1)) : 0;
    if (length == 0) return Bytes(content.begin(), content.end());
    out.resize(length);
    return out;
  }

  std::size_t entry_width() const { return size_ > 0xffffffff ? 8 : 4; }

  /// Writes the table into the room in front of the chunks.
  void put_table() {
    const std::size_t width = entry_width();
    for (std::size_t i = 1; i < starts_.size(); ++i) {
      if (width == 4) {
        put_u32(stored_, (i - 1) * width, static_cast<std::uint32_t>(starts_[i] - data_at_));
      } else {
        put_u64(stored_, (i - 1) * width, starts_[i] - data_at_);
      }
    }
  }

  const ByteSource& source_;
  const WimChunkedSource* chunked_;
  const std::vector<Write>& writes_;
  std::uint64_t size_;
  std::span<const std::uint8_t> known_;
  std::uint64_t chunk_size_ = 0;  // 0: the content is not compressed
  bool copies_ = false;
  std::unique_ptr<WimEncoder> encoder_;
  Bytes stored_;                       // the table, then the chunks
  std::size_t data_at_ = 0;            // where in stored_ the chunks start
  std::vector<std::uint64_t> starts_;  // where in stored_ each chunk starts
  std::uint64_t first_untouched_ = 0;  // from there on, untouched_ chunks are still to be copied
  std::uint64_t untouched_ = 0;
  Sha1 old_sum_;
  Sha1 new_sum_;
};

}  // namespace

WimRebuilt rebuild_wim_resource(const WimPart& part, const ByteSource& source, std::uint8_t flags,
                                const WimHash& hash, const std::vector<Write>& writes,
                                std::uint64_t size, std::span<const std::uint8_t> known) {
  const bool compressed = (flags & (WimResource::compressed_flag | WimResource::solid_flag)) != 0;
  return Rebuilder(part, source, compressed, writes, size, known).run(flags, hash);
}

}  // namespace goldhive
