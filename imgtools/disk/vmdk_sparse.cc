#include "imgtools/disk/vmdk_sparse.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "imgtools/bytes/error.h"
#include "imgtools/disk/map_bounds.h"

namespace goldhive {

namespace {

constexpr std::uint64_t sector_bytes = 512;
constexpr std::uint64_t max_directory_bytes = 64U << 20;
constexpr std::uint64_t max_grain = 0x200000;  // sectors; qemu's own limit

struct SparseHeader {
  std::uint64_t sectors = 0;
  std::uint64_t grain = 0;            ///< sectors
  std::uint64_t entries = 0;          ///< in one table
  std::uint64_t directory = 0;        ///< where the directory is, as a sector
  std::uint64_t directory_field = 0;  ///< where the file says that
  bool compressed = false;
  bool has_zero_grains = false;  ///< entries of 1 are grains of zeros
};

/// Sectors in bytes. If the product is too large for a number: more than any file has.
std::uint64_t bytes_of(std::uint64_t sectors) {
  return sectors > UINT64_MAX / sector_bytes / 2 ? UINT64_MAX / 2 : sectors * sector_bytes;
}

SparseHeader parse_hosted(const ByteView& view) {
  const std::uint32_t flags = view.u32(8);
  SparseHeader header;
  header.sectors = view.u64(12);
  header.grain = view.u64(20);
  header.entries = view.u32(44);
  header.directory = view.u64(56);
  header.directory_field = view.origin() + 56;
  header.has_zero_grains = (flags & 4) != 0;
  header.compressed = (flags & 0x10000) != 0;
  return header;
}

SparseHeader parse_esx(const ByteView& view) {
  SparseHeader header;
  header.sectors = view.u32(12);
  header.grain = view.u32(16);
  header.entries = 4096;
  header.directory = view.u32(20);
  header.directory_field = view.origin() + 20;
  return header;
}

/// The second header of a streamOptimized extent. It stands before the mark of the end of the
/// stream, which is the file's last sector.
SparseHeader read_second_header(const ByteSource& file) {
  const std::uint64_t end = file.size() / sector_bytes * sector_bytes;
  if (end < 3 * sector_bytes) {
    throw Error::corrupt(file.name(), end, "the VMDK is cut off: its second header is missing");
  }
  const std::uint64_t at = end - 2 * sector_bytes;
  const Bytes data = file.read(at, sector_bytes);
  const ByteView view(data, at, file.name());
  if (!view.starts_with("KDMV")) {
    throw Error::corrupt(file.name(), at, "the VMDK is cut off: its second header is missing",
                         "\"KDMV\"", "other bytes");
  }
  return parse_hosted(view);
}

SparseHeader read_header(const ByteSource& file) {
  constexpr std::uint64_t at_the_end = UINT64_MAX;
  const Bytes data = file.read(0, sector_bytes);
  const ByteView view(data, 0, file.name());
  SparseHeader header;
  if (view.starts_with("KDMV")) {
    header = parse_hosted(view);
    // If the extent has no sectors, qemu takes it for a descriptor of other files; the second
    // header must not hide that.
    if (header.directory == at_the_end && header.sectors != 0) header = read_second_header(file);
  } else if (view.starts_with("COWD")) {
    header = parse_esx(view);
  } else {
    throw Error::corrupt(file.name(), 0, "is not a sparse extent of a VMDK", "\"KDMV\" or \"COWD\"",
                         "other bytes");
  }
  if (header.sectors == 0 || header.grain == 0 || header.grain > max_grain || header.entries == 0 ||
      header.entries > 4096) {
    throw Error::corrupt(
        file.name(), 12, "bad sizes in the header of the VMDK",
        fmt::format("1 sector or more, grains of 1 to {} sectors, grain tables of 1 "
                    "to 4096 entries",
                    max_grain),
        fmt::format("{} sectors, grains of {}, grain tables of {}", header.sectors, header.grain,
                    header.entries));
  }
  return header;
}

class MapWalk {
 public:
  MapWalk(const ByteSource& file, const SparseHeader& header)
      : file_(file), header_(header), bounds_(file, "VMDK") {}

  void run() const {
    const std::uint64_t per_table = header_.entries * header_.grain;
    const std::uint64_t tables = header_.sectors / per_table + (header_.sectors % per_table != 0);
    if (tables > max_directory_bytes / 4) {
      throw Error(ErrorKind::unsupported,
                  fmt::format("is a VMDK of {} grain tables, at most {} are read", tables,
                              max_directory_bytes / 4),
                  file_.name());
    }
    const Bytes directory = bounds_.table(header_.directory_field, bytes_of(header_.directory),
                                          tables * 4, "its grain directory");
    const ByteView view(directory, bytes_of(header_.directory), file_.name());
    std::unordered_set<std::uint32_t> seen;
    for (std::size_t i = 0; i < tables; ++i) {
      const std::uint32_t sector = view.u32(i * 4);
      if (sector == 0) continue;
      if (!seen.insert(sector).second) {
        throw Error::corrupt(file_.name(), view.origin() + i * 4,
                             "two entries of the VMDK's grain directory name one grain table",
                             "a table of its own", fmt::format("the one at sector {}", sector));
      }
      const Bytes table = bounds_.table(view.origin() + i * 4, bytes_of(sector),
                                        header_.entries * 4, "a grain table");
      look_at(ByteView(table, bytes_of(sector), file_.name()), i * per_table);
    }
  }

 private:
  /// Checks a table, which maps the disk from sector `first` on.
  void look_at(const ByteView& table, std::uint64_t first) const {
    for (std::size_t at = 0; at < table.size() && first < header_.sectors;
         at += 4, first += header_.grain) {
      const std::uint32_t sector = table.u32(at);
      if (sector == 0 || (sector == 1 && header_.has_zero_grains)) continue;
      const std::uint64_t length =
          header_.compressed ? 1 : bytes_of(std::min(header_.grain, header_.sectors - first));
      bounds_.require(table.origin() + at, bytes_of(sector), length, "a grain of the disk");
    }
  }

  const ByteSource& file_;
  const SparseHeader& header_;
  MapBounds bounds_;
};

}  // namespace

std::uint64_t vmdk_sparse_sectors(const ByteSource& file) { return read_header(file).sectors; }

void check_vmdk_map(const ByteSource& file) {
  const SparseHeader header = read_header(file);
  MapWalk(file, header).run();
}

}  // namespace goldhive
