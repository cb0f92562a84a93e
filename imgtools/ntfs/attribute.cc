#include "imgtools/ntfs/attribute.h"

#include <fmt/format.h>

#include "imgtools/bytes/text.h"
#include "imgtools/ntfs/corrupt.h"

namespace goldhive::ntfs {

namespace {

constexpr std::uint64_t most_bytes = (std::uint64_t{1} << 63) - 1;
constexpr std::uint64_t most_clusters = std::uint64_t{1} << 54;  // 2^63 bytes in clusters of 512

void parse_place(const ByteView& view, Attribute& attribute) {
  attribute.first_cluster = view.u64(16);
  attribute.end_cluster = view.u64(24) + 1;  // -1 is the last cluster of none
  if (attribute.first_cluster > attribute.end_cluster || attribute.end_cluster > most_clusters) {
    throw corrupt(view, 16, "bad range of clusters of an attribute",
                  fmt::format("{} or more", attribute.first_cluster),
                  fmt::format("up to {:#x}", view.u64(24)));
  }
  attribute.mapping_pairs = view.from(view.u16(32));
  attribute.unit_shift = view.u8(34);
  if (attribute.first_cluster != 0) return;  // the sizes stand in the first piece
  const std::uint64_t allocated = view.u64(40);
  attribute.size = view.u64(48);
  attribute.initialised = view.u64(56);
  if (allocated > most_bytes || attribute.size > allocated) {
    throw corrupt(view, 48, "bad size of an attribute",
                  fmt::format("at most {:#x} bytes, which are allocated", allocated),
                  fmt::format("{:#x}", attribute.size));
  }
  if (attribute.initialised > attribute.size) {
    throw corrupt(view, 56, "more bytes of an attribute are initialised than it has",
                  fmt::format("at most {:#x}", attribute.size),
                  fmt::format("{:#x}", attribute.initialised));
  }
}

}  // namespace

Attribute parse_attribute(const ByteView& view) {
  constexpr std::uint16_t compression_mask = 0x00ff;
  constexpr std::uint16_t encrypted_flag = 0x4000;
  Attribute attribute;
  attribute.type = static_cast<AttributeType>(view.u32(0));
  if (const std::size_t characters = view.u8(9); characters != 0) {
    attribute.name = utf16_from_bytes(view.slice(view.u16(10), 2 * characters).span());
  }
  attribute.compressed = (view.u16(12) & compression_mask) != 0;
  attribute.encrypted = (view.u16(12) & encrypted_flag) != 0;
  attribute.id = view.u16(14);
  attribute.resident = view.u8(8) == 0;
  if (attribute.resident) {
    attribute.value = view.slice(view.u16(20), view.u32(16));
    attribute.size = attribute.initialised = attribute.value.size();
  } else {
    parse_place(view, attribute);
  }
  return attribute;
}

}  // namespace goldhive::ntfs
