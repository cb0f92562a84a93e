#include "imgtools/disk/vhd_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"

namespace goldhive {

namespace {

constexpr std::uint32_t known_version = 0x00010000;
constexpr std::uint64_t max_disk_size = std::uint64_t{1}
                                        << 46;  // the format's own limit is 2040 GB
constexpr std::uint32_t min_block = 4096;       // eight sectors: the bitmap is at least one byte
constexpr std::uint32_t max_block = 256U << 20;
constexpr std::uint32_t max_locator_text = 64U << 10;

Error bad(const ByteView& view, std::size_t at, std::string message, std::string expected,
          std::string actual) {
  return Error::corrupt(std::string(view.name()), view.origin() + at, std::move(message),
                        std::move(expected), std::move(actual));
}

void check_checksum(const ByteView& view, std::size_t field, const char* what) {
  const std::uint32_t stored = be32(view, field);
  const std::uint32_t computed = vhd_checksum(view.span(), field);
  if (stored != computed) {
    throw bad(view, field, fmt::format("bad checksum of the VHD {}", what),
              fmt::format("{:#x}", computed), fmt::format("{:#x}", stored));
  }
}

VhdId id_at(const ByteView& view, std::size_t at) {
  VhdId id;
  const auto bytes = view.slice(at, id.size()).span();
  std::copy(bytes.begin(), bytes.end(), id.begin());
  return id;
}

std::string until_nul(std::u16string text) {
  text.resize(std::min(text.find(u'\0'), text.size()));
  return to_utf8(text);
}

std::u16string utf16_big_endian(std::span<const std::uint8_t> bytes) {
  std::u16string text;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    text += static_cast<char16_t>((bytes[i] << 8) | bytes[i + 1]);
  }
  return text;
}

/// The path in a file URL (RFC 2396): "file://localhost/disks/parent%20one.vhd".
std::string path_of_url(std::string_view url) {
  constexpr std::string_view scheme = "file://";
  if (url.substr(0, scheme.size()) != scheme) return {};
  url.remove_prefix(std::min(url.find('/', scheme.size()), url.size()));
  std::string path;
  for (std::size_t i = 0; i < url.size(); ++i) {
    const auto hex = [&](std::size_t at) -> int {
      const char c = at < url.size() ? url[at] : '?';
      if (c >= '0' && c <= '9') return c - '0';
      const char lower = static_cast<char>(c | 0x20);
      return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    };
    if (url[i] == '%' && hex(i + 1) >= 0 && hex(i + 2) >= 0) {
      path += static_cast<char>(hex(i + 1) * 16 + hex(i + 2));
      i += 2;
    } else {
      path += url[i];
    }
  }
  return path;
}

}  // namespace

std::uint32_t vhd_checksum(std::span<const std::uint8_t> data, std::size_t field) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (i < field || i >= field + 4) sum += data[i];
  }
  return ~sum;
}

bool has_vhd_cookie(const ByteView& view) { return view.starts_with("conectix"); }

VhdFooter parse_vhd_footer(const ByteView& view) {
  if (!has_vhd_cookie(view)) throw bad(view, 0, "no VHD footer", "\"conectix\"", "other bytes");
  check_checksum(view, VhdFooter::checksum_at, "footer");
  if ((be32(view, 12) & 0xffff0000) != known_version) {
    throw Error(
        ErrorKind::unsupported,
        fmt::format("is a VHD of version {:#x}, and {:#x} is read", be32(view, 12), known_version),
        std::string(view.name()));
  }
  VhdFooter footer;
  footer.header_offset = be64(view, 16);
  footer.timestamp = be32(view, VhdFooter::timestamp_at);
  footer.disk_size = be64(view, 48);
  footer.id = id_at(view, 68);
  footer.saved_state = view.u8(84) != 0;
  const std::uint32_t type = be32(view, 60);
  if (type < 2 || type > 4) {
    throw Error(ErrorKind::unsupported,
                fmt::format("is a VHD of disk type {}, and 2 (fixed), 3 (dynamic) and 4 "
                            "(differencing) are read",
                            type),
                std::string(view.name()));
  }
  footer.type = static_cast<VhdType>(type);
  if (footer.disk_size == 0 || footer.disk_size % 512 != 0 || footer.disk_size > max_disk_size) {
    throw bad(view, 48, "bad size of the virtual disk", "a multiple of 512 up to 64 TiB",
              fmt::format("{:#x}", footer.disk_size));
  }
  return footer;
}

VhdDynamicHeader parse_vhd_dynamic_header(const ByteView& view) {
  if (!view.starts_with("cxsparse")) {
    throw bad(view, 0, "no VHD dynamic disk header", "\"cxsparse\"", "other bytes");
  }
  check_checksum(view, VhdDynamicHeader::checksum_at, "dynamic disk header");
  if ((be32(view, 24) & 0xffff0000) != known_version) {
    throw Error(ErrorKind::unsupported,
                fmt::format("has a VHD dynamic disk header of version {:#x}, and {:#x} is read",
                            be32(view, 24), known_version),
                std::string(view.name()));
  }
  VhdDynamicHeader header;
  header.table_offset = be64(view, 16);
  header.table_entries = be32(view, 28);
  header.block_size = be32(view, 32);
  if (!std::has_single_bit(header.block_size) || header.block_size < min_block ||
      header.block_size > max_block) {
    throw bad(view, 32, "bad VHD block size", "a power of two from 4 KiB to 256 MiB",
              fmt::format("{:#x}", header.block_size));
  }
  header.parent_id = id_at(view, 40);
  header.parent_timestamp = be32(view, 56);
  header.parent_name = until_nul(utf16_big_endian(view.slice(64, 512).span()));
  for (std::size_t i = 0; i < 8; ++i) {
    const ByteView entry = view.slice(576 + i * 24, 24);
    if (be32(entry, 0) != 0)
      header.locators.push_back({be32(entry, 0), be32(entry, 8), be64(entry, 16)});
  }
  return header;
}

ParentPaths vhd_parent_paths(const ByteSource& file, const VhdDynamicHeader& header) {
  // A code is four characters: 'W2ru', 'W2ku' (UTF-16LE), 'MacX' (a file URL in UTF-8). The
  // encoding of the older 'Wi2r', 'Wi2k' and 'Mac ' cannot be told.
  constexpr std::uint32_t relative_code = 0x57327275;
  constexpr std::uint32_t absolute_code = 0x57326B75;
  constexpr std::uint32_t url_code = 0x4D616358;
  ParentPaths paths;
  const auto keep = [](std::vector<std::string>& list, std::string path) {
    if (!path.empty()) list.push_back(std::move(path));
  };
  for (const VhdDynamicHeader::Locator& locator : header.locators) {
    if (locator.code != relative_code && locator.code != absolute_code && locator.code != url_code)
      continue;
    if (locator.length > max_locator_text) {
      throw Error::corrupt(file.name(), locator.offset, "a parent locator of the VHD is too long",
                           fmt::format("at most {} bytes", max_locator_text),
                           fmt::format("{} bytes", locator.length));
    }
    const Bytes text = file.read(locator.offset, locator.length);
    if (locator.code == url_code) {
      keep(paths.absolute, path_of_url({reinterpret_cast<const char*>(text.data()), text.size()}));
    } else {
      keep(locator.code == relative_code ? paths.relative : paths.absolute,
           until_nul(utf16_from_bytes(text)));
    }
  }
  keep(paths.absolute, header.parent_name);
  return paths;
}

}  // namespace goldhive
