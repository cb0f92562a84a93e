#include "imgtools/disk/qcow2.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <unordered_set>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/json.h"
#include "imgtools/disk/big_endian.h"
#include "imgtools/disk/map_bounds.h"

namespace goldhive {

namespace {

constexpr std::uint64_t max_table_bytes = 32U << 20;  // qemu's own limit
/// Of all L2 tables: of a disk of 8 TiB in clusters of 64 KiB that is full. In a file of holes they
/// could be terabytes, which qemu never makes.
constexpr std::uint64_t max_map_bytes = std::uint64_t{1} << 30;
constexpr std::uint32_t max_name = 4096;
constexpr int max_extensions = 64;
constexpr std::size_t length_v2 = 72;
constexpr std::size_t length_v3 = 104;

// Types of extensions of the header.
constexpr std::uint32_t parent_format_type = 0xe2792aca;
constexpr std::uint32_t data_file_type = 0x44415441;

// Incompatible features.
constexpr std::uint64_t marked_corrupt = 2;
constexpr std::uint64_t external_data_file = 4;
constexpr std::uint64_t extended_entries = 16;
constexpr std::uint64_t known_features = 1 | 2 | 4 | 8 | 16;

// Entries of both levels.
constexpr std::uint64_t offset_mask = 0x00fffffffffffe00;
constexpr std::uint64_t compressed_flag = std::uint64_t{1} << 62;
constexpr std::uint64_t zero_flag = 1;

std::string text_at(const ByteSource& file, std::uint64_t offset, std::uint32_t length,
                    const char* what) {
  if (length > max_name) {
    throw Error::corrupt(file.name(), offset, fmt::format("{} of the qcow2 is too long", what),
                         fmt::format("at most {} bytes", max_name), fmt::format("{}", length));
  }
  const Bytes text = file.read(offset, length);
  return std::string(text.begin(), text.end());
}

/// The text of an extension of the header, of which the first lies at `at`; "" if there is none of
/// that type.
std::string extension_of(const ByteSource& file, std::uint64_t at, std::uint32_t wanted,
                         const char* what) {
  constexpr std::uint32_t end = 0;
  for (int i = 0; i < max_extensions; ++i) {
    const Bytes head = file.read(at, 8);
    const ByteView view(head, at, file.name());
    const std::uint32_t type = be32(view, 0);
    const std::uint32_t length = be32(view, 4);
    if (type == end) break;
    if (type == wanted) return text_at(file, at + 8, length, what);
    at += 8 + (std::uint64_t{length} + 7) / 8 * 8;
  }
  return {};
}

/// Adds the texts of all members called "filename", "file.filename" and the like.
void add_file_names(const Json& json, std::vector<std::string>& names) {
  if (const Json::Array* items = json.array()) {
    for (const Json& item : *items) add_file_names(item, names);
  }
  if (const Json::Object* members = json.object()) {
    for (const Json::Member& member : *members) {
      const std::string* text = member.value.text();
      if (text != nullptr && member.name.ends_with("filename")) names.push_back(*text);
      add_file_names(member.value, names);
    }
  }
}

/// The files in a name that is JSON for qemu; none where it is no JSON, which qemu does not open.
std::vector<std::string> file_names_in(std::string_view json, const std::string& where) {
  std::vector<std::string> names;
  try {
    add_file_names(Json::parse(json, where), names);
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch)
  }
  return names;
}

class MapWalk {
 public:
  MapWalk(const ByteSource& file, const Qcow2Header& header)
      : file_(file), header_(header), bounds_(file, "qcow2") {}

  void run() const {
    const std::uint64_t disk_per_table = entries_per_table() * cluster();
    const std::uint64_t needed =
        header_.disk_size / disk_per_table + (header_.disk_size % disk_per_table != 0 ? 1 : 0);
    if (needed > header_.table_entries || needed * 8 > max_table_bytes) {
      throw Error::corrupt(
          file_.name(), 36, "bad length of the qcow2's L1 table",
          fmt::format("{} entries, which are at most {}", needed, max_table_bytes / 8),
          fmt::format("{} entries", header_.table_entries));
    }
    const Bytes first = bounds_.table(40, header_.table_offset, needed * 8, "its L1 table");
    const ByteView view(first, header_.table_offset, file_.name());
    std::unordered_set<std::uint64_t> tables;
    for (std::size_t i = 0; i < needed; ++i) {
      const std::uint64_t offset = be64(view, i * 8) & offset_mask;
      if (offset == 0) continue;
      const std::uint64_t entry = view.origin() + i * 8;
      require_aligned(entry, offset);
      if (!tables.insert(offset).second) {
        throw Error::corrupt(file_.name(), entry,
                             "two entries of the qcow2's L1 table name one L2 table",
                             "a table of its own", fmt::format("the one at {:#x}", offset));
      }
      if (tables.size() * cluster() > max_map_bytes) {
        throw Error(
            ErrorKind::refused,
            fmt::format("is too costly: its L2 tables have more than {} bytes, counted up to the "
                        "entry at {:#x}",
                        max_map_bytes, entry),
            file_.name());
      }
      const Bytes second = bounds_.table(entry, offset, cluster(), "an L2 table");
      look_at(ByteView(second, offset, file_.name()), i * disk_per_table);
    }
  }

 private:
  std::uint64_t cluster() const { return std::uint64_t{1} << header_.cluster_bits; }
  std::uint64_t entry_size() const { return header_.subclusters ? 16 : 8; }
  std::uint64_t entries_per_table() const { return cluster() / entry_size(); }

  /// Checks an L2 table, which maps the disk from `disk_offset` on.
  void look_at(const ByteView& table, std::uint64_t disk_offset) const {
    for (std::size_t at = 0; at < table.size() && disk_offset < header_.disk_size;
         at += static_cast<std::size_t>(entry_size()), disk_offset += cluster()) {
      const std::uint64_t entry = be64(table, at);
      const std::uint64_t where = table.origin() + at;
      if ((entry & compressed_flag) != 0) {
        require_compressed(where, entry);
        continue;
      }
      const std::uint64_t offset = entry & offset_mask;
      if (offset == 0) continue;
      require_aligned(where, offset);
      const std::uint64_t used =
          header_.subclusters ? allocated_part(be32(table, at + 12)) : unless_zero(entry);
      if (used == 0) continue;
      bounds_.require(where, offset, std::min(used, header_.disk_size - disk_offset),
                      "a cluster of the disk");
    }
  }

  std::uint64_t unless_zero(std::uint64_t entry) const {
    return header_.version >= 3 && (entry & zero_flag) != 0 ? 0 : cluster();
  }
  /// The part of a cluster that must be in the file: up to the last of 32 subclusters with data.
  std::uint64_t allocated_part(std::uint32_t allocated) const {
    return static_cast<std::uint64_t>(std::bit_width(allocated)) * (cluster() / 32);
  }

  void require_compressed(std::uint64_t where, std::uint64_t entry) const {
    constexpr std::uint64_t sector = 512;
    const std::uint32_t offset_bits = 62 - (header_.cluster_bits - 8);
    const std::uint64_t offset = entry & ((std::uint64_t{1} << offset_bits) - 1);
    const std::uint64_t more_sectors = (entry & (compressed_flag - 1)) >> offset_bits;
    bounds_.require(where, offset, (more_sectors + 1) * sector - offset % sector,
                    "a compressed cluster of the disk");
  }

  void require_aligned(std::uint64_t where, std::uint64_t offset) const {
    if (offset % cluster() == 0) return;
    throw Error::corrupt(
        file_.name(), where, "an entry of a qcow2 table leads to no start of a cluster",
        fmt::format("a multiple of {:#x}", cluster()), fmt::format("{:#x}", offset));
  }

  const ByteSource& file_;
  const Qcow2Header& header_;
  MapBounds bounds_;
};

}  // namespace

Qcow2Header read_qcow2_header(const ByteSource& file) {
  const Bytes start = file.read(0, length_v2);
  const ByteView head(start, 0, file.name());
  Qcow2Header header;
  header.version = be32(head, 4);
  if (header.version != 2 && header.version != 3) {
    throw Error(ErrorKind::unsupported,
                fmt::format("is a qcow of version {}, and 2 and 3 are read: convert it (qemu-img "
                            "convert -O qcow2)",
                            header.version),
                file.name());
  }
  header.cluster_bits = be32(head, 20);
  if (header.cluster_bits < 9 || header.cluster_bits > 21) {
    throw Error::corrupt(file.name(), 20, "bad cluster size of the qcow2", "9 to 21 bits",
                         fmt::format("{} bits", header.cluster_bits));
  }
  if (be32(head, 32) != 0) {
    throw Error(ErrorKind::unsupported,
                "is an encrypted qcow2: convert it to one without encryption (qemu-img convert)",
                file.name());
  }
  header.disk_size = be64(head, 24);
  header.table_entries = be32(head, 36);
  header.table_offset = be64(head, 40);
  std::uint64_t extensions = length_v2;
  if (header.version == 3) {
    const Bytes rest = file.read(length_v2, length_v3 - length_v2);
    const ByteView more(rest, length_v2, file.name());
    const std::uint64_t features = be64(more, 0);
    extensions = be32(more, 28);
    if ((features & external_data_file) != 0) {
      throw Error(ErrorKind::unsupported,
                  "is a qcow2 whose data lie in another file: convert it (qemu-img convert)",
                  file.name());
    }
    if ((features & ~known_features) != 0) {
      throw Error(
          ErrorKind::unsupported,
          fmt::format("is a qcow2 with incompatible features that are not known: {:#x}", features),
          file.name());
    }
    header.subclusters = (features & extended_entries) != 0;
    header.marked_corrupt = (features & marked_corrupt) != 0;
  }
  const std::uint64_t parent = be64(head, 8);
  const std::uint32_t length = be32(head, 16);
  if (parent != 0 && length != 0) {
    header.parent = text_at(file, parent, length, "the name of the parent");
    header.parent_format =
        extension_of(file, extensions, parent_format_type, "the format of the parent");
  }
  return header;
}

Qcow2Names qcow2_names(const ByteSource& file) {
  Qcow2Names names;
  const Bytes head = file.read(0, length_v2);
  const ByteView view(head, 0, file.name());
  const std::uint64_t at = be64(view, 8);
  const std::uint32_t length = be32(view, 16);
  if (at != 0 && length != 0) names.parents = {text_at(file, at, length, "the name of the parent")};
  constexpr std::string_view json = "json:";
  if (!names.parents.empty() && names.parents.front().starts_with(json)) {
    names.parents =
        file_names_in(std::string_view(names.parents.front()).substr(json.size()), file.name());
  }
  if (be32(view, 4) < 3) return names;
  const Bytes rest = file.read(length_v2, length_v3 - length_v2);
  const ByteView more(rest, length_v2, file.name());
  if ((be64(more, 0) & external_data_file) == 0) return names;
  names.data = extension_of(file, be32(more, 28), data_file_type, "the name of the data file");
  return names;
}

void check_qcow2_map(const ByteSource& file) {
  const Qcow2Header header = read_qcow2_header(file);
  MapWalk(file, header).run();
}

}  // namespace goldhive
