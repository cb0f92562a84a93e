#include "imgtools/ntfs/index_node.h"

#include <fmt/format.h>

#include <bit>
#include <utility>

#include "imgtools/bytes/text.h"
#include "imgtools/ntfs/corrupt.h"
#include "imgtools/ntfs/update_sequence.h"

namespace goldhive::ntfs {

namespace {

constexpr std::size_t entry_head = 16;
constexpr std::uint16_t has_child = 1;
constexpr std::uint16_t is_last = 2;

IndexEntry parse_entry(const ByteView& entry) {
  const std::uint16_t flags = entry.u16(12);
  IndexEntry parsed;
  std::size_t name_end = entry.size();
  if ((flags & has_child) != 0) {
    if (entry.size() < entry_head + 8) throw corrupt(entry, 8, "an index entry lacks its child");
    name_end -= 8;
    parsed.child = entry.u64(name_end);
  }
  if ((flags & is_last) != 0) return parsed;
  parsed.file = FileReference::parse(entry.u64(0));
  parsed.name = parse_file_name(entry.slice(0, name_end).slice(entry_head, entry.u16(10)));
  return parsed;
}

IndexNode parse_entries(const ByteView& header) {
  const std::size_t end = header.u32(4);
  const ByteView all = header.slice(0, end);
  IndexNode node;
  for (std::size_t at = all.u32(0);;) {
    const std::size_t length = all.u16(at + 8);
    if (length < entry_head || length % 8 != 0 || length > end - at) {
      throw corrupt(all, at + 8, "bad length of an index entry",
                    fmt::format("a multiple of 8 from {} to {}", entry_head, end - at),
                    fmt::to_string(length));
    }
    node.entries.push_back(parse_entry(all.slice(at, length)));
    if (!node.entries.back().name) return node;
    at += length;
  }
}

}  // namespace

FileName parse_file_name(const ByteView& value) {
  constexpr std::size_t name_at = 66;
  FileName name;
  name.folder = FileReference::parse(value.u64(0));
  name.flags = value.u32(56);
  name.name_space = value.u8(65);
  name.name = utf16_from_bytes(value.slice(name_at, std::size_t{2} * value.u8(64)).span());
  return name;
}

IndexRoot parse_index_root(const ByteView& value, std::uint32_t cluster_size) {
  constexpr std::uint32_t by_file_name = 0x30;
  constexpr std::uint32_t file_name_order = 1;
  constexpr std::uint32_t smallest_block = 512;
  constexpr std::uint32_t largest_block = 64U << 10;
  if (value.u32(0) != by_file_name || value.u32(4) != file_name_order) {
    throw corrupt(value, 0, "the index of a folder is not one of names", "type 0x30 in the order 1",
                  fmt::format("type {:#x} in the order {}", value.u32(0), value.u32(4)));
  }
  IndexRoot root;
  root.block_size = value.u32(8);
  if (!std::has_single_bit(root.block_size) || root.block_size < smallest_block ||
      root.block_size > largest_block) {
    throw corrupt(value, 8, "bad size of an index block",
                  fmt::format("a power of two from {} to {}", smallest_block, largest_block),
                  fmt::to_string(root.block_size));
  }
  constexpr std::uint32_t unit_of_large_clusters = 512;
  root.unit = cluster_size <= root.block_size ? cluster_size : unit_of_large_clusters;
  root.node = parse_entries(value.from(16));
  return root;
}

IndexNode parse_index_block(Bytes block, std::uint64_t origin, std::string_view name,
                            std::uint64_t place) {
  const ByteView view(block, origin, name);
  if (!view.starts_with("INDX")) throw corrupt(view, 0, "no index block", "\"INDX\"");
  undo_update_sequence(block, origin, name);
  if (view.u64(16) != place) {
    throw corrupt(view, 16, "an index block lies elsewhere than it says", fmt::to_string(place),
                  fmt::to_string(view.u64(16)));
  }
  return parse_entries(view.from(24));
}

}  // namespace goldhive::ntfs
