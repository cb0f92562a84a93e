#include "imgtools/disk/vhdx_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "imgtools/disk/crc.h"

namespace goldhive {

namespace {

constexpr std::size_t table_size = 64 << 10;  // size of a region table and of the metadata table
constexpr std::uint64_t region_tables[2] = {192 << 10, 256 << 10};
constexpr std::uint32_t max_entries = 2047;
/// Entries of a parent locator. The format has five keys, and each can be there once. Entries may
/// share one text of 64 KiB, so without this limit a file of 6 MB could ask for gigabytes.
constexpr std::size_t max_locator_entries = 32;
constexpr std::uint64_t max_disk_size = std::uint64_t{64} << 40;

Error bad(const ByteView& view, std::size_t at, std::string message, std::string expected,
          std::string actual) {
  return Error::corrupt(std::string(view.name()), view.origin() + at, std::move(message),
                        std::move(expected), std::move(actual));
}

Guid known(const char* text) { return parse_guid(text).value_or(Guid{}); }

bool checksum_matches(const ByteView& view) {
  return view.u32(4) == crc32c_without_field(view.span(), 4);
}

bool in_megabytes(std::uint64_t value) { return value % vhdx_megabyte == 0; }

// --- 2.2.2 headers

std::optional<VhdxHeader> parse_header(const ByteView& view, int slot) {
  if (!view.starts_with("head") || !checksum_matches(view)) return std::nullopt;
  if (view.u16(66) != 1) {
    throw Error(ErrorKind::unsupported,
                fmt::format("is a VHDX of version {}, and 1 is read", view.u16(66)),
                std::string(view.name()));
  }
  VhdxHeader header;
  header.sequence = view.u64(8);
  header.file_write_guid = guid_at(view, 16);
  header.data_write_guid = guid_at(view, 32);
  header.log_guid = guid_at(view, 48);
  header.log_length = view.u32(68);
  header.log_offset = view.u64(72);
  header.slot = slot;
  if (!header.log_guid.is_zero() && view.u16(64) != 0) {
    throw Error(ErrorKind::unsupported,
                fmt::format("has a VHDX log of version {}, and 0 is read", view.u16(64)),
                std::string(view.name()));
  }
  return header;
}

}  // namespace

VhdxHeader read_vhdx_header(const ByteSource& file) {
  std::optional<VhdxHeader> current;
  Bytes current_data;
  for (int slot = 0; slot < 2; ++slot) {
    const std::uint64_t offset = VhdxHeader::offsets[slot];
    const Bytes data = file.read(offset, VhdxHeader::length_on_disk);
    const auto header = parse_header(ByteView(data, offset, file.name()), slot);
    if (!header) continue;
    if (current && header->sequence == current->sequence && data != current_data) {
      throw Error::corrupt(file.name(), offset + 8,
                           "both VHDX headers have the same sequence number, but differ", {},
                           fmt::format("{}", header->sequence));
    }
    if (!current || header->sequence > current->sequence) {
      current = header;
      current_data = data;
    }
  }
  if (!current) {
    throw Error::corrupt(file.name(), VhdxHeader::offsets[0], "no valid VHDX header",
                         "\"head\" with a matching CRC-32C in one of two places", "neither");
  }
  if (!in_megabytes(current->log_offset) || !in_megabytes(current->log_length) ||
      (current->log_length != 0 && current->log_offset < vhdx_megabyte)) {
    throw Error::corrupt(
        file.name(), VhdxHeader::offsets[current->slot] + 68, "bad place of the VHDX log",
        "multiples of 1 MiB",
        fmt::format("{:#x}, length {:#x}", current->log_offset, current->log_length));
  }
  return *current;
}

// --- 2.2.3 region table

namespace {

VhdxRegions parse_regions(const ByteView& view) {
  const Guid table_guid = known("2dc27766-f623-4200-9d64-115e9bfd4a08");
  const Guid metadata_guid = known("8b7ca206-4790-4b9a-b8fe-575f050f886e");
  const std::uint32_t count = view.u32(8);
  if (count > max_entries) {
    throw bad(view, 8, "too many VHDX regions", fmt::format("at most {}", max_entries),
              fmt::format("{}", count));
  }
  VhdxRegions regions;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = 16 + i * 32;
    const Guid guid = guid_at(view, at);
    const VhdxRegions::Region region{view.u64(at + 16), view.u32(at + 24)};
    const bool is_table = guid == table_guid;
    if (!is_table && guid != metadata_guid) {
      if ((view.u32(at + 28) & 1) == 0) continue;
      throw Error(ErrorKind::unsupported,
                  fmt::format("the VHDX has a required region {} that this program does not know",
                              to_string(guid)),
                  std::string(view.name()));
    }
    VhdxRegions::Region& place = is_table ? regions.table : regions.metadata;
    if (place.offset != 0)
      throw bad(view, at, "a VHDX region is listed twice", {}, to_string(guid));
    if (!in_megabytes(region.offset) || region.offset == 0 || !in_megabytes(region.length) ||
        region.length == 0) {
      throw bad(view, at + 16, "bad place of a VHDX region", "multiples of 1 MiB above 0",
                fmt::format("{:#x}, length {:#x}", region.offset, region.length));
    }
    place = region;
  }
  if (regions.table.offset == 0 || regions.metadata.offset == 0) {
    throw bad(view, 16, "the VHDX region table is incomplete", "a BAT and a metadata region",
              fmt::format("{} regions", count));
  }
  return regions;
}

}  // namespace

VhdxRegions read_vhdx_regions(const ByteSource& file) {
  for (const std::uint64_t offset : region_tables) {
    const Bytes data = file.read(offset, table_size);
    const ByteView view(data, offset, file.name());
    if (view.starts_with("regi") && checksum_matches(view)) return parse_regions(view);
  }
  throw Error::corrupt(file.name(), region_tables[0], "no valid VHDX region table",
                       "\"regi\" with a matching CRC-32C in one of two places", "neither");
}

// --- 2.6 metadata

namespace {

void parse_parent_locator(const ByteView& item, VhdxMetadata& metadata) {
  if (guid_at(item, 0) != known("b04aefb7-d19e-4a81-b789-25b8e9445913")) {
    throw Error(ErrorKind::unsupported,
                fmt::format("has a VHDX parent locator of the unknown type {}",
                            to_string(guid_at(item, 0))),
                std::string(item.name()));
  }
  const std::size_t count = item.u16(18);
  if (count > max_locator_entries) {
    throw bad(item, 18, "too many entries of a VHDX parent locator",
              fmt::format("at most {}", max_locator_entries), fmt::format("{}", count));
  }
  ParentPaths& paths = metadata.parent_paths;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = 20 + i * 12;
    const auto text = [&](std::size_t offset_field, std::size_t length_field) {
      return to_utf8(utf16_from_bytes(
          item.slice(item.u32(at + offset_field), item.u16(at + length_field)).span()));
    };
    const std::string key = text(0, 8);
    const std::string value = text(4, 10);
    if (key == "parent_linkage" || key == "parent_linkage2") {
      const auto guid = parse_guid(value);
      if (!guid) throw bad(item, item.u32(at + 4), "bad GUID of a VHDX parent", "a GUID", value);
      metadata.parent_guids.push_back(*guid);
    } else if (key == "relative_path") {
      paths.relative.push_back(value);
    } else if (key == "volume_path" || key == "absolute_win32_path") {
      paths.absolute.push_back(value);
    }
  }
  if (metadata.parent_guids.empty()) {
    throw bad(item, 18, "the VHDX parent locator does not identify the parent", "parent_linkage",
              fmt::format("{} other entries", count));
  }
}

struct Item {
  const char* guid;
  std::size_t length;  // at least this long
  void (*parse)(const ByteView& item, VhdxMetadata& metadata);
};

const Item known_items[] = {
    {"caa16737-fa36-4d43-b3b6-33f0aa44e76b", 8,  // file parameters
     [](const ByteView& item, VhdxMetadata& metadata) {
       metadata.block_size = item.u32(0);
       metadata.has_parent = (item.u32(4) & 2) != 0;
       if (!std::has_single_bit(metadata.block_size) || metadata.block_size < vhdx_megabyte ||
           metadata.block_size > 256 * vhdx_megabyte) {
         throw bad(item, 0, "bad VHDX block size", "a power of two from 1 to 256 MiB",
                   fmt::format("{:#x}", metadata.block_size));
       }
     }},
    {"2fa54224-cd1b-4876-b211-5dbed83bf4b8", 8,  // virtual disk size
     [](const ByteView& item, VhdxMetadata& metadata) {
       metadata.disk_size = item.u64(0);
       if (metadata.disk_size == 0 || metadata.disk_size > max_disk_size) {
         throw bad(item, 0, "bad size of the virtual disk", "up to 64 TiB",
                   fmt::format("{:#x}", metadata.disk_size));
       }
     }},
    {"8141bf1d-a96f-4709-ba47-f233a8faab5f", 4,  // logical sector size
     [](const ByteView& item, VhdxMetadata& metadata) {
       metadata.sector_size = item.u32(0);
       if (metadata.sector_size != 512 && metadata.sector_size != 4096) {
         throw bad(item, 0, "bad logical sector size", "512 or 4096",
                   fmt::format("{}", metadata.sector_size));
       }
     }},
    {"beca12ab-b2e6-4523-93ef-c309e000c746", 0, nullptr},  // virtual disk id
    {"cda348c7-445d-4471-9cc9-e9885251c556", 0, nullptr},  // physical sector size
    {"a8d35f2d-b30b-454d-abf7-d3d84834ab0c", 20, parse_parent_locator},
};

}  // namespace

VhdxMetadata read_vhdx_metadata(const ByteSource& file, const VhdxRegions::Region& region) {
  const Bytes data = file.read(region.offset, table_size);
  const ByteView view(data, region.offset, file.name());
  if (!view.starts_with("metadata")) {
    throw bad(view, 0, "no VHDX metadata table", "\"metadata\"", "other bytes");
  }
  const std::size_t count = view.u16(10);
  if (count > max_entries) {
    throw bad(view, 10, "too many VHDX metadata items", fmt::format("at most {}", max_entries),
              fmt::format("{}", count));
  }
  VhdxMetadata metadata;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = 32 + i * 32;
    const Guid guid = guid_at(view, at);
    const std::uint32_t flags = view.u32(at + 24);
    const auto item = std::find_if(std::begin(known_items), std::end(known_items),
                                   [&](const Item& k) { return known(k.guid) == guid; });
    if (item == std::end(known_items) || (flags & 1) != 0) {
      if ((flags & 4) == 0) continue;
      throw Error(ErrorKind::unsupported,
                  fmt::format("the VHDX has a required metadata item {} that this program does not "
                              "know",
                              to_string(guid)),
                  file.name());
    }
    if (item->parse == nullptr) continue;
    const std::uint32_t offset = view.u32(at + 16);
    const std::uint32_t length = view.u32(at + 20);
    if (offset < table_size || length < item->length || length > vhdx_megabyte ||
        offset > region.length || length > region.length - offset) {
      throw bad(view, at + 16, "bad place of a VHDX metadata item",
                fmt::format("{} bytes inside the region", item->length),
                fmt::format("{:#x}, length {:#x}", offset, length));
    }
    const Bytes content = file.read(region.offset + offset, length);
    item->parse(ByteView(content, region.offset + offset, file.name()), metadata);
  }
  if (metadata.block_size == 0 || metadata.disk_size == 0 || metadata.sector_size == 0) {
    throw bad(view, 32, "the VHDX metadata are incomplete",
              "block size, disk size and logical sector size", fmt::format("{} items", count));
  }
  if (metadata.disk_size % metadata.sector_size != 0) {
    throw bad(view, 32, "bad size of the virtual disk", "a multiple of the sector size",
              fmt::format("{:#x}", metadata.disk_size));
  }
  if (metadata.has_parent && metadata.parent_guids.empty()) {
    throw bad(view, 32, "a differencing VHDX without a parent locator", {}, {});
  }
  return metadata;
}

}  // namespace goldhive
