// UDF (ECMA-167 as the OSTA narrows it) as a reader of installation media meets it. Windows media
// are UDF 1.02 beside an ISO9660 ("bridge" format). The only file of that ISO9660 is a README.TXT
// that says so.
//
// How a file is found: the volume recognition sequence from sector 16 on ("NSR02" or "NSR03" among
// its entries), the anchor in sector 256 or at the end, the volume descriptor sequence that the
// anchor points to (partition, logical volume), the file set, the file entry of the root directory.
// Every descriptor has a tag with a checksum, a CRC and its own place; all are checked.
//
// Why this does not use libudfread. Its version 1.1.2:
// - prints on stderr;
// - takes the first extent of a directory for all of it, where there are several;
// - logs an error and reads on if an extent is of another partition;
// - follows a list of extents that leads to itself without end.
//
// Not read: partitions that are mapped (metadata, sparable, virtual: UDF 1.50 and later on
// rewritable media and Blu-ray), blocks of other sizes than 2048 bytes.
//
// Sources: ECMA-167 3rd edition; OSTA UDF 1.02 and 2.60.
#include "imgtools/iso/udf.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/iso/udf_descriptors.h"

namespace goldhive {

namespace {

using udf::LongAd;
using udf::Partition;
using udf::Tag;

constexpr std::uint64_t recognition_start = 16;  // sectors
constexpr std::uint64_t recognition_limit = 64;
constexpr std::uint32_t anchor_sector = 256;
constexpr std::uint32_t sequence_limit = 256;  // sectors of the volume descriptor sequence
constexpr std::size_t entry_limit = 1U << 20;  // of one directory

struct Sequence {
  std::uint32_t length = 0;  ///< bytes
  std::uint32_t sector = 0;
};

struct Found {
  std::uint32_t number = 0;  ///< of several descriptors of a kind, the highest number counts
  std::uint64_t offset = 0;  ///< in the image
  Bytes content;
  ByteView view(const ByteSource& image) const { return {content, offset, image.name()}; }
};

/// The descriptors of a volume descriptor sequence that count.
struct Descriptors {
  std::optional<Found> volume;
  std::map<std::uint16_t, Found> partitions;  ///< by number
};

/// The anchor in `sector`; nullopt if there is none or it is damaged.
std::optional<std::vector<Sequence>> read_anchor(const ByteSource& image, std::uint64_t sector) {
  if (sector >= image.size() / disc_sector) return std::nullopt;
  try {
    const Bytes block = image.read(sector * disc_sector, disc_sector);
    const ByteView view(block, sector * disc_sector, image.name());
    udf::require_tag(view, static_cast<std::uint32_t>(sector), Tag::anchor);
    return std::vector<Sequence>{{view.u32(16), view.u32(20)}, {view.u32(24), view.u32(28)}};
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::corrupt) throw;
    return std::nullopt;
  }
}

Descriptors read_sequence(const ByteSource& image, const Sequence& sequence) {
  Descriptors found;
  const std::uint32_t sectors = std::min<std::uint32_t>(
      sequence.length / static_cast<std::uint32_t>(disc_sector), sequence_limit);
  for (std::uint32_t i = 0; i < sectors; ++i) {
    const std::uint64_t sector = std::uint64_t{sequence.sector} + i;
    Bytes block = image.read(sector * disc_sector, disc_sector);
    const ByteView view(block, sector * disc_sector, image.name());
    if (view.u16(0) == 0) break;  // the rest was never written
    const Tag tag = udf::checked_tag(view, static_cast<std::uint32_t>(sector));
    if (tag == Tag::terminator) break;
    Found next{view.u32(16), view.origin(), {}};
    const std::uint16_t partition = view.u16(22);
    next.content = std::move(block);
    if (tag == Tag::logical_volume && (!found.volume || next.number >= found.volume->number)) {
      found.volume = std::move(next);
    } else if (tag == Tag::partition) {
      Found& kept = found.partitions[partition];
      if (next.number >= kept.number) kept = std::move(next);
    }
  }
  return found;
}

/// Reads the main sequence that a valid anchor names, or else the reserve copy.
Descriptors read_descriptors(const ByteSource& image) {
  const std::uint64_t sectors = image.size() / disc_sector;
  std::optional<Error> problem;
  for (const std::uint64_t sector : {std::uint64_t{anchor_sector}, sectors - 1, sectors - 257}) {
    const auto anchor = read_anchor(image, sector);
    if (!anchor) continue;
    for (const Sequence& sequence : *anchor) {
      try {
        Descriptors found = read_sequence(image, sequence);
        if (found.volume && !found.partitions.empty()) return found;
      } catch (const Error& e) {
        if (e.kind() != ErrorKind::corrupt) throw;
        if (!problem) problem = e;
      }
    }
  }
  if (problem) throw Error(*problem);
  throw Error::corrupt(image.name(), std::uint64_t{anchor_sector} * disc_sector,
                       "no UDF anchor leads to a volume descriptor");
}

/// The partition that the one partition map of kind 1 names. Maps of other kinds may stand beside
/// it as long as nothing that we read lies in their partitions.
Partition find_partition(const ByteSource& image, const ByteView& volume,
                         const Descriptors& descriptors) {
  const ByteView maps = volume.slice(440, volume.u32(264));
  std::size_t at = 0;
  for (std::uint16_t index = 0; index < volume.u32(268) && at + 2 <= maps.size(); ++index) {
    const std::uint8_t length = maps.u8(at + 1);
    if (length < 6) break;
    if (maps.u8(at) == 1) {
      const auto named = descriptors.partitions.find(maps.u16(at + 4));
      if (named == descriptors.partitions.end()) {
        throw Error::corrupt(image.name(), maps.origin() + at,
                             "a UDF partition map names a partition without a descriptor");
      }
      const ByteView partition = named->second.view(image);
      return {partition.u32(188), partition.u32(192), index};
    }
    at += length;
  }
  throw Error(ErrorKind::unsupported,
              "UDF without a partition map of type 1, the only one that is read", image.name());
}

class Udf final : public DiscFileSystem {
 public:
  explicit Udf(std::shared_ptr<const ByteSource> image) : image_(std::move(image)) {
    const Descriptors descriptors = read_descriptors(*image_);
    const ByteView volume = descriptors.volume->view(*image_);
    if (const std::uint32_t block = volume.u32(212); block != disc_sector) {
      throw Error(ErrorKind::unsupported,
                  fmt::format("UDF with blocks of {} bytes, and {} are read", block, disc_sector),
                  image_->name());
    }
    partition_ = find_partition(*image_, volume, descriptors);
    label_ = udf::read_dstring(volume.slice(84, 128));
    const LongAd file_set = udf::read_long_ad(volume, 248);
    require_mapped(file_set);
    const std::uint64_t offset = (std::uint64_t{partition_.start} + file_set.block) * disc_sector;
    const Bytes block = image_->read(offset, disc_sector);
    const ByteView view(block, offset, image_->name());
    udf::require_tag(view, file_set.block, Tag::file_set);
    const LongAd root = udf::read_long_ad(view, 400);
    require_mapped(root);
    root_ = udf::read_file_entry(*image_, partition_, root);
  }

  const char* kind() const override { return "udf"; }
  std::string label() const override { return label_; }
  DiscNode root() const override { return root_; }

  std::vector<DiscEntry> entries(const DiscNode& directory) const override {
    const Bytes content = read_directory(*image_, directory);
    const std::uint64_t origin =
        directory.extents.empty() ? 0 : directory.extents.front().offset.value_or(0);
    const ByteView view(content, origin, image_->name());
    std::vector<DiscEntry> entries;
    for (std::size_t at = 0; at < content.size();) {
      const ByteView identifier = view.from(at);
      if (identifier.u16(0) != static_cast<std::uint16_t>(Tag::file_identifier)) {
        throw Error::corrupt(image_->name(), identifier.origin(), "not a UDF file identifier",
                             "tag 257", fmt::format("tag {}", identifier.u16(0)));
      }
      const std::size_t name_at = 38 + std::size_t{identifier.u16(36)};
      const ByteView name = identifier.slice(name_at, identifier.u8(19));
      at += (name_at + name.size() + 3) / 4 * 4;
      constexpr std::uint8_t deleted = 4;
      constexpr std::uint8_t parent = 8;
      const std::uint8_t flags = identifier.u8(18);
      if ((flags & (deleted | parent)) != 0) continue;
      if (entries.size() == entry_limit) {
        throw Error::corrupt(image_->name(), identifier.origin(),
                             fmt::format("a directory of more than {} entries", entry_limit));
      }
      const LongAd icb = udf::read_long_ad(identifier, 20);
      entries.push_back({udf::read_name(name), (flags & 2) != 0,
                         [this, icb] { return udf::read_file_entry(*image_, partition_, icb); }});
    }
    return entries;
  }

 private:
  void require_mapped(const LongAd& place) const {
    if (place.partition == partition_.index) return;
    throw Error(
        ErrorKind::unsupported,
        "UDF whose directories lie in a metadata, sparable or virtual partition, which is not "
        "read",
        image_->name());
  }

  std::shared_ptr<const ByteSource> image_;
  Partition partition_;
  std::string label_;
  DiscNode root_;
};

}  // namespace

bool is_udf(const ByteSource& image) {
  for (std::uint64_t i = 0; i < recognition_limit; ++i) {
    const std::uint64_t offset = (recognition_start + i) * disc_sector;
    if (image.size() < offset + disc_sector) return false;
    const Bytes block = image.read(offset + 1, 5);
    const ByteView id(block, offset + 1, image.name());
    if (id.starts_with("NSR02") || id.starts_with("NSR03")) return true;
    if (!id.starts_with("CD001") && !id.starts_with("BEA01") && !id.starts_with("BOOT2") &&
        !id.starts_with("CDW02")) {
      return false;  // TEA01, or the end of the sequence
    }
  }
  return false;
}

std::shared_ptr<const DiscFileSystem> open_udf(std::shared_ptr<const ByteSource> image) {
  return std::make_shared<Udf>(std::move(image));
}

}  // namespace goldhive
