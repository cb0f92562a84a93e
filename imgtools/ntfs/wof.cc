#include "imgtools/ntfs/wof.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "imgtools/codec/lzx.h"
#include "imgtools/codec/xpress.h"
#include "imgtools/ntfs/corrupt.h"

namespace goldhive::ntfs {

namespace {

struct WofAlgorithm {
  const char* name;
  std::size_t chunk_size;
  bool lzx = false;
};

/// By their numbers.
constexpr std::array<WofAlgorithm, 4> wof_algorithms = {
    {{"XPRESS4K", 4096}, {"LZX", 32768, true}, {"XPRESS8K", 8192}, {"XPRESS16K", 16384}}};

void require_known(const char* what, std::uint32_t number, bool known, const std::string& path) {
  if (known) return;
  throw Error(ErrorKind::unsupported,
              fmt::format("is compressed by the Windows Overlay Filter with {} {}, which this "
                          "program does not read",
                          what, number),
              path);
}

const WofAlgorithm& algorithm_of(const FileRecord& file, const std::string& path) {
  constexpr std::size_t head = 8;
  Bytes bytes(head + 16);
  const auto point = file.stream(AttributeType::reparse_point);
  const std::uint64_t size = point ? point->size() : 0;
  if (size >= bytes.size()) point->read(0, bytes);
  const ByteView view(bytes, file.view().origin(), file.view().name());
  if (size < bytes.size() || view.u16(4) < bytes.size() - head) {
    throw corrupt(file.view(), 0, "the Windows Overlay Filter's reparse point is too short",
                  fmt::format("{} bytes or more", bytes.size()),
                  fmt::format("{} bytes, {} of them data", size, view.u16(4)));
  }
  constexpr std::uint32_t wim_provider = 1;
  constexpr std::uint32_t file_provider = 2;
  const std::uint32_t provider = view.u32(12);
  require_known("version", view.u32(8), view.u32(8) == 1, path);
  if (provider == wim_provider) {
    throw Error(ErrorKind::unsupported,
                "has its content in a WIM (WIMBoot), where this program does not read it", path);
  }
  require_known("provider", provider, provider == file_provider, path);
  require_known("version of the provider", view.u32(16), view.u32(16) == 1, path);
  require_known("algorithm", view.u32(20), view.u32(20) < wof_algorithms.size(), path);
  return wof_algorithms.at(view.u32(20));
}

class WofContent final : public Content {
 public:
  /// Of `size` bytes that `packed` holds. `record` is where the file's MFT record lies.
  WofContent(const VolumeBytes& volume, const WofAlgorithm& algorithm, std::uint64_t size,
             std::unique_ptr<Stream> packed, std::uint64_t record);

  std::uint64_t size() const override { return size_; }
  void read(std::uint64_t offset, std::span<std::uint8_t> out) const override;

 private:
  struct Extent {
    std::uint64_t at;  ///< in the stream
    std::size_t size;
  };
  std::uint64_t chunks() const {
    return size_ / algorithm_.chunk_size + (size_ % algorithm_.chunk_size == 0 ? 0 : 1);
  }
  std::size_t content_of(std::uint64_t chunk) const {
    return static_cast<std::size_t>(
        std::min<std::uint64_t>(algorithm_.chunk_size, size_ - chunk * algorithm_.chunk_size));
  }
  /// Counted from the end of the table; of the number of chunks, where the last one ends.
  std::uint64_t start_of(std::uint64_t chunk) const;
  Extent extent_of(std::uint64_t chunk) const;
  void load(std::uint64_t chunk) const;
  Error error(std::uint64_t at, std::string message, std::string expected,
              std::string actual) const;

  const VolumeBytes& volume_;
  const WofAlgorithm& algorithm_;
  std::uint64_t size_;
  std::unique_ptr<Stream> packed_;
  std::uint64_t record_;
  std::uint64_t entry_bytes_;
  std::uint64_t table_bytes_ = 0;
  std::unique_ptr<ChunkDecoder> decoder_;

  // The chunk that was unpacked last.
  mutable std::uint64_t chunk_ = ~std::uint64_t{0};
  mutable Bytes unpacked_;
  mutable HeldBytes held_;
};

WofContent::WofContent(const VolumeBytes& volume, const WofAlgorithm& algorithm, std::uint64_t size,
                       std::unique_ptr<Stream> packed, std::uint64_t record)
    : volume_(volume),
      algorithm_(algorithm),
      size_(size),
      packed_(std::move(packed)),
      record_(record),
      entry_bytes_(size <= 0xffffffff ? 4 : 8),
      decoder_(algorithm.lzx ? make_lzx_decoder(algorithm.chunk_size) : make_xpress_decoder()),
      held_(volume.budget()) {
  const std::uint64_t count = chunks();
  if (count == 0) return;
  table_bytes_ = (count - 1) * entry_bytes_;
  // A chunk has at least one byte.
  if (count > packed_->size() || table_bytes_ > packed_->size() - count) {
    throw error(0, "the table of chunks does not fit into WofCompressedData",
                fmt::format("{} or more bytes for {} chunks", table_bytes_ + count, count),
                fmt::format("{} bytes", packed_->size()));
  }
}

/// At `at` of the stream, if that lies in a cluster as it is.
Error WofContent::error(std::uint64_t at, std::string message, std::string expected,
                        std::string actual) const {
  const std::optional<Stream::Place> place = packed_->place(at);
  return Error::corrupt(volume_.name(), place ? place->offset : record_, std::move(message),
                        std::move(expected), std::move(actual));
}

std::uint64_t WofContent::start_of(std::uint64_t chunk) const {
  if (chunk == 0) return 0;
  if (chunk == chunks()) return packed_->size() - table_bytes_;
  std::array<std::uint8_t, 8> entry{};
  packed_->read((chunk - 1) * entry_bytes_,
                std::span(entry).first(static_cast<std::size_t>(entry_bytes_)));
  return ByteView(entry, 0, volume_.name()).u64(0);
}

WofContent::Extent WofContent::extent_of(std::uint64_t chunk) const {
  const std::uint64_t start = start_of(chunk);
  const std::uint64_t end = start_of(chunk + 1);
  const std::uint64_t most = packed_->size() - table_bytes_;
  if (start >= end || end > most || end - start > content_of(chunk)) {
    throw error(chunk == 0 ? 0 : (chunk - 1) * entry_bytes_,
                fmt::format("bad place of chunk {} of WofCompressedData", chunk),
                fmt::format("1 to {} bytes within {}", content_of(chunk), most),
                fmt::format("those from {} to {}", start, end));
  }
  return {table_bytes_ + start, static_cast<std::size_t>(end - start)};
}

void WofContent::load(std::uint64_t chunk) const {
  const Extent extent = extent_of(chunk);
  const std::size_t content = content_of(chunk);
  if (unpacked_.empty()) held_.add(2 * std::uint64_t{algorithm_.chunk_size}, volume_.name());
  if (const SharedBudget& budget = volume_.budget()) budget->unpack(content, volume_.name());
  chunk_ = ~std::uint64_t{0};
  unpacked_.resize(content);
  if (extent.size == content) {
    packed_->read(extent.at, unpacked_);
  } else {
    Bytes stored(extent.size);
    packed_->read(extent.at, stored);
    const ChunkFault fault = decoder_->decode(stored, unpacked_);
    if (fault != ChunkFault::none) {
      throw error(
          extent.at, fmt::format("chunk {} of WofCompressedData cannot be decompressed", chunk),
          fmt::format("{} bytes, packed by {}", content, algorithm_.name), to_string(fault));
    }
  }
  chunk_ = chunk;
}

void WofContent::read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  while (!out.empty()) {
    const std::uint64_t chunk = offset / algorithm_.chunk_size;
    const auto inside = static_cast<std::size_t>(offset % algorithm_.chunk_size);
    if (chunk_ != chunk) load(chunk);
    const std::size_t length = std::min(out.size(), unpacked_.size() - inside);
    std::copy_n(unpacked_.begin() + static_cast<std::ptrdiff_t>(inside), length, out.begin());
    offset += length;
    out = out.subspan(length);
  }
}

}  // namespace

std::unique_ptr<Content> open_wof(const VolumeBytes& volume, const FileRecord& file,
                                  const std::string& path) {
  constexpr std::u16string_view packed_name = u"WofCompressedData";
  const WofAlgorithm& algorithm = algorithm_of(file, path);
  const HeldAttribute plain = file.first(AttributeType::data);
  const HeldAttribute packed = file.first(AttributeType::data, packed_name);
  if (plain.attribute == nullptr || packed.attribute == nullptr) {
    throw corrupt(file.view(), 0, "a file compressed by the Windows Overlay Filter lacks a stream",
                  "plain data and WofCompressedData",
                  packed.attribute == nullptr ? "no WofCompressedData" : "no plain data");
  }
  if (packed->encrypted) {
    throw Error(ErrorKind::unsupported, "is encrypted (EFS), so it cannot be read", path);
  }
  return std::make_unique<WofContent>(volume, algorithm, plain->size,
                                      file.stream(AttributeType::data, packed_name),
                                      file.view().origin());
}

}  // namespace goldhive::ntfs
