#include "imgtools/iso/udf_descriptors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"

namespace goldhive::udf {

namespace {

constexpr std::size_t tag_size = 16;

/// What a byte makes of an empty CRC.
constexpr std::array<std::uint16_t, 256> crc_table = [] {
  std::array<std::uint16_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc << 1) ^ ((crc & 0x8000) != 0 ? 0x1021U : 0);
    table[byte] = static_cast<std::uint16_t>(crc & 0xffff);
  }
  return table;
}();

/// CRC-16 with the polynomial 0x1021, most significant bit first, from 0: ECMA-167 3/7.2.6.
std::uint16_t crc16(std::span<const std::uint8_t> data) {
  std::uint32_t crc = 0;
  for (const std::uint8_t byte : data) {
    crc = ((crc << 8) ^ crc_table[((crc >> 8) ^ byte) & 0xff]) & 0xffff;
  }
  return static_cast<std::uint16_t>(crc);
}

}  // namespace

Tag checked_tag(const ByteView& descriptor, std::uint32_t location) {
  const std::string name(descriptor.name());
  unsigned sum = 0;
  for (std::size_t i = 0; i < tag_size; ++i) sum += i == 4 ? 0U : descriptor.u8(i);
  if ((sum & 0xff) != descriptor.u8(4)) {
    throw Error::corrupt(name, descriptor.origin(), "bad checksum of a UDF descriptor tag",
                         fmt::format("{:#04x}", sum & 0xff),
                         fmt::format("{:#04x}", descriptor.u8(4)));
  }
  const std::size_t crc_length = descriptor.u16(10);
  const std::uint16_t crc = crc16(descriptor.slice(tag_size, crc_length).span());
  if (crc != descriptor.u16(8)) {
    throw Error::corrupt(name, descriptor.origin(), "bad CRC of a UDF descriptor",
                         fmt::format("{:#06x}", crc), fmt::format("{:#06x}", descriptor.u16(8)));
  }
  if (descriptor.u32(12) != location) {
    throw Error::corrupt(
        name, descriptor.origin(), "a UDF descriptor states another place than its own",
        fmt::format("block {}", location), fmt::format("block {}", descriptor.u32(12)));
  }
  return static_cast<Tag>(descriptor.u16(0));
}

void require_tag(const ByteView& descriptor, std::uint32_t location, Tag expected) {
  const Tag tag = checked_tag(descriptor, location);
  if (tag == expected) return;
  throw Error::corrupt(std::string(descriptor.name()), descriptor.origin(),
                       "a UDF descriptor is of another kind",
                       fmt::format("tag {}", static_cast<unsigned>(expected)),
                       fmt::format("tag {}", static_cast<unsigned>(tag)));
}

LongAd read_long_ad(const ByteView& view, std::size_t at) {
  const std::uint32_t length = view.u32(at);
  return {length & 0x3fffffff, static_cast<std::uint8_t>(length >> 30), view.u32(at + 4),
          view.u16(at + 8)};
}

std::string read_name(const ByteView& view) {
  if (view.size() == 0) return {};
  const std::uint8_t compression = view.u8(0);
  std::u16string name;
  if (compression == 8) {
    for (std::size_t i = 1; i < view.size(); ++i) name.push_back(view.u8(i));
  } else if (compression == 16) {
    for (std::size_t i = 1; i + 1 < view.size(); i += 2) {
      name.push_back(static_cast<char16_t>((view.u8(i) << 8) | view.u8(i + 1)));
    }
  } else {
    throw Error::corrupt(std::string(view.name()), view.origin(), "bad encoding of a UDF name",
                         "8 or 16", std::to_string(compression));
  }
  return to_utf8(name);
}

std::string read_dstring(const ByteView& field) {
  const std::size_t length = field.u8(field.size() - 1);
  return read_name(field.slice(0, std::min(length, field.size() - 1)));
}

}  // namespace goldhive::udf
