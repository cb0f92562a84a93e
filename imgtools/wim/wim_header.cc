#include "imgtools/wim/wim_header.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/error.h"

namespace goldhive {

namespace {

constexpr std::string_view magic{"MSWIM\0\0\0", 8};
constexpr std::string_view pipable_magic{"WLPWM\0\0\0", 8};

constexpr std::uint32_t xpress_flag = 0x20000;
constexpr std::uint32_t lzx_flag = 0x40000;
constexpr std::uint32_t lzms_flag = 0x80000;
constexpr std::uint32_t xpress_2_flag = 0x200000;

constexpr std::uint64_t stored_size_mask = (std::uint64_t{1} << 56) - 1;

WimHeader parse(const ByteView& view) {
  WimHeader header;
  header.pipable = view.starts_with(pipable_magic);
  if (!header.pipable && !view.starts_with(magic)) {
    throw Error::corrupt(std::string(view.name()), view.origin(), "is not the header of a WIM",
                         "MSWIM");
  }
  if (view.u32(8) != wim_header_size) {
    throw Error::corrupt(std::string(view.name()), view.origin() + 8, "bad size of the WIM header",
                         fmt::format("{}", wim_header_size), fmt::format("{}", view.u32(8)));
  }
  header.version = view.u32(12);
  header.flags = view.u32(16);
  header.chunk_size = view.u32(20);
  header.guid = guid_at(view, 24);
  header.part = view.u16(40);
  header.parts = view.u16(42);
  header.images = view.u32(44);
  header.blob_table = wim_resource_at(view, 48);
  header.xml = wim_resource_at(view, 72);
  header.boot_metadata = wim_resource_at(view, 96);
  header.boot_image = view.u32(120);
  header.integrity = wim_resource_at(view, 124);
  std::copy_n(view.slice(148, header.unused.size()).span().begin(), header.unused.size(),
              header.unused.begin());
  return header;
}

void check(const WimHeader& header, const ByteSource& file) {
  if (header.version != WimHeader::version_default && header.version != WimHeader::version_solid) {
    throw Error(ErrorKind::unsupported,
                fmt::format("is a WIM of version {:#x}, and {:#x} and {:#x} are read",
                            header.version, WimHeader::version_default, WimHeader::version_solid),
                file.name());
  }
  const WimCompression compression = header.compression();
  if (header.has(WimHeader::compressed) && compression == WimCompression::none) {
    throw Error(ErrorKind::unsupported,
                fmt::format("is a WIM with an unknown compression (flags {:#x})", header.flags),
                file.name());
  }
  if (compression != WimCompression::none && !is_wim_chunk_size(compression, header.chunk_size)) {
    throw Error::corrupt(
        file.name(), 20, fmt::format("bad chunk size of a WIM with {}", to_string(compression)),
        "a power of two in the range of the compression", fmt::format("{}", header.chunk_size));
  }
  if (header.part == 0 || header.part > header.parts) {
    throw Error::corrupt(file.name(), 40, "bad part number of the WIM",
                         fmt::format("1 to {}", header.parts), fmt::format("{}", header.part));
  }
}

}  // namespace

const char* to_string(WimCompression compression) {
  switch (compression) {
    case WimCompression::none:
      return "none";
    case WimCompression::xpress:
      return "XPRESS";
    case WimCompression::lzx:
      return "LZX";
    case WimCompression::lzms:
      break;
  }
  return "LZMS";
}

WimResource wim_resource_at(const ByteView& view, std::size_t at) {
  WimResource resource;
  resource.stored_size = view.u64(at) & stored_size_mask;
  resource.flags = view.u8(at + 7);
  resource.offset = view.u64(at + 8);
  resource.size = view.u64(at + 16);
  return resource;
}

void put_wim_resource(std::span<std::uint8_t> out, std::size_t at, const WimResource& resource) {
  put_u64(out, at,
          (resource.stored_size & stored_size_mask) |
              (static_cast<std::uint64_t>(resource.flags) << 56));
  put_u64(out, at + 8, resource.offset);
  put_u64(out, at + 16, resource.size);
}

WimCompression WimHeader::compression() const {
  if (!has(compressed)) return WimCompression::none;
  if (has(lzx_flag)) return WimCompression::lzx;
  if (has(xpress_flag) || has(xpress_2_flag)) return WimCompression::xpress;
  if (has(lzms_flag)) return WimCompression::lzms;
  return WimCompression::none;
}

bool is_wim(const ByteView& head) {
  return head.starts_with(magic) || head.starts_with(pipable_magic);
}

WimHeader read_wim_header(const ByteSource& file) {
  const Bytes first = file.read(0, wim_header_size);
  WimHeader header = parse(ByteView(first, 0, file.name()));
  if (header.pipable && file.size() >= 2 * wim_header_size) {
    const std::uint64_t at = file.size() - wim_header_size;
    const Bytes last = file.read(at, wim_header_size);
    header = parse(ByteView(last, at, file.name()));
  }
  check(header, file);
  return header;
}

Bytes to_bytes(const WimHeader& header) {
  Bytes out(wim_header_size);
  const std::string_view mark = header.pipable ? pipable_magic : magic;
  std::copy(mark.begin(), mark.end(), out.begin());
  put_u32(out, 8, wim_header_size);
  put_u32(out, 12, header.version);
  put_u32(out, 16, header.flags);
  put_u32(out, 20, header.chunk_size);
  std::copy(header.guid.bytes.begin(), header.guid.bytes.end(), out.begin() + 24);
  put_u16(out, 40, header.part);
  put_u16(out, 42, header.parts);
  put_u32(out, 44, header.images);
  put_wim_resource(out, 48, header.blob_table);
  put_wim_resource(out, 72, header.xml);
  put_wim_resource(out, 96, header.boot_metadata);
  put_u32(out, 120, header.boot_image);
  put_wim_resource(out, 124, header.integrity);
  std::copy(header.unused.begin(), header.unused.end(), out.begin() + 148);
  return out;
}

bool is_wim_chunk_size(WimCompression compression, std::uint64_t size) {
  if (size == 0 || (size & (size - 1)) != 0) return false;
  constexpr std::uint64_t kib = 1024;
  switch (compression) {
    case WimCompression::none:
      return true;
    case WimCompression::xpress:
      return size >= 4 * kib && size <= 64 * kib;
    case WimCompression::lzx:
      return size >= 32 * kib && size <= 2048 * kib;
    case WimCompression::lzms:
      return size >= 32 * kib && size <= 65536 * kib;
  }
  return false;
}

}  // namespace goldhive
