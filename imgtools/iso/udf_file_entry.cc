// A file entry (an "ICB") is one block. It ends in a list of allocation descriptors of one of two
// sizes, or in the content of the file itself. A list that does not fit goes on in further blocks;
// the last descriptor (type 3) of each block names the next one.
//
// Windows media have short descriptors, for at most 1 GiB less one block each. So an install.wim of
// 3 GB has three or four, which follow each other on the disc.
//
// Source: ECMA-167 4/14.6, 4/14.9, 4/14.14, 4/14.17; UDF 1.02, 2.3.6 and 2.3.10.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/iso/udf_descriptors.h"

namespace goldhive::udf {

namespace {

constexpr std::size_t continuation_limit = 4096;  // blocks of a list of extents, each once
constexpr std::uint8_t type_directory = 4;
constexpr std::uint8_t type_file = 5;
constexpr std::uint8_t type_real_time_file = 249;

enum class Descriptors : std::uint8_t { short_ad = 0, long_ad = 1, extended_ad = 2, inside = 3 };

/// Offsets that differ between a file entry and an extended one.
struct Layout {
  std::size_t attributes_length;
  std::size_t descriptors_length;
  std::size_t end;
};
constexpr Layout plain_entry{168, 172, 176};
constexpr Layout extended_entry{208, 212, 216};

std::uint64_t offset_of(const Partition& partition, std::uint32_t block) {
  return (std::uint64_t{partition.start} + block) * disc_sector;
}

class ExtentList {
 public:
  ExtentList(const ByteSource& image, const Partition& partition, Descriptors kind,
             std::uint64_t size)
      : image_(image), partition_(partition), kind_(kind), missing_(size) {}

  std::vector<DiscExtent> read(const ByteView& first) {
    std::optional<LongAd> next = take(first);
    std::unordered_set<std::uint32_t> seen;
    while (next) {
      if (seen.size() == continuation_limit)
        fail(first, "a UDF file has too many lists of extents");
      if (!seen.insert(next->block).second) {
        throw Error::corrupt(image_.name(), offset_of(partition_, next->block),
                             "a list of UDF extents leads back to itself", "another block",
                             fmt::format("block {} again", next->block));
      }
      Bytes block = read_block(first, *next);
      const ByteView view(block, offset_of(partition_, next->block), image_.name());
      require_tag(view, next->block, Tag::allocation_extent);
      next = take(view.slice(24, view.u32(20)));
    }
    if (missing_ != 0) fail(first, "the extents of a UDF file are shorter than the file");
    return std::move(extents_);
  }

 private:
  [[noreturn]] void fail(const ByteView& where, const char* what) const {
    throw Error::corrupt(image_.name(), where.origin(), what);
  }

  void require_inside(const ByteView& where, const LongAd& ad) const {
    const std::uint64_t blocks = (std::uint64_t{ad.length} + disc_sector - 1) / disc_sector;
    if (ad.partition == partition_.index && ad.block <= partition_.blocks &&
        blocks <= partition_.blocks - ad.block &&
        offset_of(partition_, ad.block) + ad.length <= image_.size()) {
      return;
    }
    throw Error::corrupt(
        image_.name(), where.origin(),
        "a UDF extent reaches beyond the end of the image or partition",
        fmt::format("partition {}, {} blocks, image of {} bytes", partition_.index,
                    partition_.blocks, image_.size()),
        fmt::format("partition {}, {} bytes at block {}", ad.partition, ad.length, ad.block));
  }

  Bytes read_block(const ByteView& where, const LongAd& ad) const {
    LongAd block = ad;
    block.length = disc_sector;
    require_inside(where, block);
    return image_.read(offset_of(partition_, ad.block), disc_sector);
  }

  /// Adds the descriptors of one list. Returns where the list goes on, if it does.
  std::optional<LongAd> take(const ByteView& list) {
    const std::size_t step = kind_ == Descriptors::short_ad ? 8 : 16;
    for (std::size_t at = 0; at + step <= list.size(); at += step) {
      LongAd ad;
      if (kind_ == Descriptors::short_ad) {
        const std::uint32_t length = list.u32(at);
        ad = {length & 0x3fffffff, static_cast<std::uint8_t>(length >> 30), list.u32(at + 4),
              partition_.index};
      } else {
        ad = read_long_ad(list, at);
      }
      if (ad.length == 0) break;
      if (ad.type == 3) return ad;
      if (missing_ == 0) continue;  // room that is reserved for the file to grow
      if (ad.length % disc_sector != 0 && ad.length < missing_) {
        fail(list, "an extent of a UDF file ends within a block");
      }
      DiscExtent extent;
      extent.length = std::min<std::uint64_t>(ad.length, missing_);
      if (ad.type == 0) {
        require_inside(list, ad);
        extent.offset = offset_of(partition_, ad.block);
      }
      append(extents_, extent);
      missing_ -= extent.length;
    }
    return std::nullopt;
  }

  const ByteSource& image_;
  const Partition& partition_;
  Descriptors kind_;
  std::uint64_t missing_;
  std::vector<DiscExtent> extents_;
};

}  // namespace

DiscNode read_file_entry(const ByteSource& image, const Partition& partition, const LongAd& icb) {
  const std::uint64_t offset = offset_of(partition, icb.block);
  if (icb.partition != partition.index || icb.block >= partition.blocks) {
    throw Error::corrupt(image.name(), offset, "a UDF file entry lies outside the partition",
                         fmt::format("partition {}, {} blocks", partition.index, partition.blocks),
                         fmt::format("partition {}, block {}", icb.partition, icb.block));
  }
  const Bytes block = image.read(offset, disc_sector);
  const ByteView view(block, offset, image.name());
  const Tag tag = checked_tag(view, icb.block);
  if (tag != Tag::file_entry && tag != Tag::extended_file_entry) {
    throw Error::corrupt(image.name(), offset, "not a UDF file entry", "tag 261 or 266",
                         fmt::format("tag {}", static_cast<unsigned>(tag)));
  }
  if (view.u16(20) != 4) {
    throw Error(
        ErrorKind::unsupported,
        fmt::format("UDF with ICB strategy {} (write-once media), and 4 is read", view.u16(20)),
        image.name());
  }
  const std::uint8_t type = view.u8(27);
  if (type != type_directory && type != type_file && type != type_real_time_file) {
    throw Error(ErrorKind::unsupported,
                fmt::format("a UDF file of type {}, which is not read", type), image.name());
  }
  const Layout& layout = tag == Tag::file_entry ? plain_entry : extended_entry;
  const std::uint64_t size = view.u64(56);
  const std::size_t list_at = layout.end + view.slice(0, disc_sector).u32(layout.attributes_length);
  const ByteView list = view.slice(list_at, view.u32(layout.descriptors_length));
  DiscNode node;
  node.directory = type == type_directory;
  const auto kind = static_cast<Descriptors>(view.u16(34) & 7);
  if (kind == Descriptors::inside) {
    if (size > list.size()) {
      throw Error::corrupt(
          image.name(), offset, "the data of a UDF file do not fit into its file entry",
          fmt::format("at most {} bytes", list.size()), fmt::format("{} bytes", size));
    }
    append(node.extents, {list.origin(), size});
    return node;
  }
  if (kind != Descriptors::short_ad && kind != Descriptors::long_ad) {
    throw Error(ErrorKind::unsupported,
                "UDF with extended allocation descriptors, which are not read", image.name());
  }
  node.extents = ExtentList(image, partition, kind, size).read(list);
  return node;
}

}  // namespace goldhive::udf
