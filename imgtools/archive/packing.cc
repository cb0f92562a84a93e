// The head of each kind:
//
//   gzip    RFC 1952: 1f 8b, method, flags, time, extra flags (2: best, 4: fastest), system
//   bzip2   "BZh" and the size of its blocks in 100 kB as a digit, which is the level
//   xz      tukaani.org/xz/xz-file-format.txt: a stream header of 12 bytes, then that of the first
//           block, which names its filters. The last one is LZMA2, with its dictionary's size.
//   zstd    RFC 8878: a magic number, then a byte of flags
#include "imgtools/archive/packing.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "imgtools/bytes/error.h"

namespace goldhive {

namespace {

constexpr std::uint64_t head_size = 64;
constexpr std::size_t xz_block_header = 12;
constexpr std::size_t zstd_flags = 4;

Bytes head_of(const ByteSource& file) {
  return file.read(0, static_cast<std::size_t>(std::min(file.size(), head_size)));
}

/// A number of xz: seven bits in a byte, the lowest first.
std::uint64_t xz_number(const ByteView& view, std::size_t& at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 63; shift += 7) {
    const std::uint8_t byte = view.u8(at++);
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80) == 0) break;
  }
  return value;
}

/// The lowest preset with a dictionary of that size; if two presets have it, the usual one.
int xz_preset(std::uint64_t dictionary) {
  constexpr std::array<std::pair<unsigned, int>, 8> presets{
      {{18, 0}, {20, 1}, {21, 2}, {22, 4}, {23, 6}, {24, 7}, {25, 8}, {26, 9}}};
  for (const auto& [bits, preset] : presets) {
    if (dictionary <= std::uint64_t{1} << bits) return preset;
  }
  return presets.back().second;
}

std::optional<int> xz_level(const ByteView& view) {
  constexpr std::uint8_t has_packed_size = 0x40;
  constexpr std::uint8_t has_size = 0x80;
  constexpr std::uint64_t lzma2 = 0x21;
  std::size_t at = xz_block_header;
  if (view.u8(at++) == 0) return std::nullopt;  // an index follows, so there is no block
  const std::uint8_t flags = view.u8(at++);
  for (const std::uint8_t field : {has_packed_size, has_size}) {
    if ((flags & field) != 0) xz_number(view, at);
  }
  for (int filters = (flags & 3) + 1; filters > 0; --filters) {
    const std::uint64_t id = xz_number(view, at);
    const std::uint64_t length = xz_number(view, at);
    if (id == lzma2 && length == 1) {
      const unsigned size = view.u8(at) & 0x3fU;
      return xz_preset(std::uint64_t{2 | (size & 1)} << (size / 2 + 11));
    }
    if (length > view.size()) break;
    at += static_cast<std::size_t>(length);
  }
  return std::nullopt;
}

}  // namespace

std::string packing_of(std::span<const std::uint8_t> head) {
  const auto starts = [&](std::initializer_list<std::uint8_t> magic) {
    return head.size() >= magic.size() && std::equal(magic.begin(), magic.end(), head.begin());
  };
  if (starts({0x1f, 0x8b, 0x08})) return "gz";
  if (starts({'B', 'Z', 'h'}) && head.size() > 3 && head[3] >= '1' && head[3] <= '9') return "bz2";
  if (starts({0xfd, '7', 'z', 'X', 'Z', 0x00})) return "xz";
  if (starts({0x28, 0xb5, 0x2f, 0xfd})) return "zst";
  return "";
}

std::string packing_of(const ByteSource& file) { return packing_of(head_of(file)); }

namespace {

/// The mark of the old binary form has two bytes only. What else its header of 26 bytes holds is
/// looked at too, so that other files are not taken for it. Source: cpio(5).
bool starts_like_binary_cpio(std::span<const std::uint8_t> head) {
  constexpr std::size_t header = 26, mode_at = 6, name_size_at = 20;
  constexpr unsigned file = 0100000, folder = 0040000, link = 0120000, kind = 0170000;
  constexpr std::size_t longest_name = 1024;
  if (head.size() < header) return false;
  const bool swapped = head[0] == 0x71 && head[1] == 0xc7;
  if (!swapped && (head[0] != 0xc7 || head[1] != 0x71)) return false;
  const auto number = [&](std::size_t at) {
    const unsigned first = head[at], second = head[at + 1];
    return swapped ? first << 8 | second : second << 8 | first;
  };
  const unsigned mode = number(mode_at) & kind;
  const std::size_t name_size = number(name_size_at);
  return (mode == file || mode == folder || mode == link) && name_size > 1 &&
         name_size <= longest_name && head.size() >= header + name_size &&
         std::find(head.begin() + header, head.end(), std::uint8_t{0}) ==
             head.begin() + static_cast<std::ptrdiff_t>(header + name_size - 1);
}

}  // namespace

bool starts_like_cpio(std::span<const std::uint8_t> head) {
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  const auto marks = {"070701", "070702", "070707"};
  return starts_like_binary_cpio(head) ||
         std::any_of(marks.begin(), marks.end(),
                     [text](const char* mark) { return text.starts_with(mark); });
}

std::optional<int> packing_level(const ByteSource& file) {
  constexpr std::size_t gzip_extra_flags = 8;
  const Bytes head = head_of(file);
  const std::string packing = packing_of(head);
  const ByteView view(head, 0, file.name());
  if (packing == "gz" && view.u8(gzip_extra_flags) == 2) return 9;
  if (packing == "gz" && view.u8(gzip_extra_flags) == 4) return 1;
  if (packing == "bz2") return view.u8(3) - '0';
  if (packing == "xz") return xz_level(view);
  return std::nullopt;
}

bool zstd_has_checksum(const ByteSource& file) {
  constexpr std::uint8_t has_checksum = 4;
  const Bytes head = head_of(file);
  const ByteView view(head, 0, file.name());
  return packing_of(head) == "zst" && (view.u8(zstd_flags) & has_checksum) != 0;
}

}  // namespace goldhive
