#include "src/hive/cell.h"

#include <fmt/format.h>

#include "imgtools/bytes/error.h"

namespace goldhive::hive {

namespace {

Error corrupt(const ByteView& view, std::size_t at, std::string message, std::string expected,
              std::string actual) {
  return Error::corrupt(std::string(view.name()), view.origin() + at, std::move(message),
                        std::move(expected), std::move(actual));
}

/// Two bytes for messages: as text ("nk"), or in hexadecimal if they are not printable.
std::string quoted(std::uint8_t a, std::uint8_t b) {
  if (a >= 0x20 && a < 0x7f && b >= 0x20 && b < 0x7f) {
    return fmt::format("\"{}{}\"", static_cast<char>(a), static_cast<char>(b));
  }
  return fmt::format("bytes {:02x} {:02x}", a, b);
}

}  // namespace

BinHeader parse_bin_header(const ByteView& view) {
  const ByteView header = view.slice(0, bin_header_size);
  if (!header.starts_with("hbin")) {
    throw corrupt(view, 0, "no hive bin begins here", "the signature \"hbin\"",
                  fmt::format("{:#010x}", header.u32(0)));
  }
  BinHeader bin;
  bin.offset = header.u32(4);
  bin.size = header.u32(8);
  bin.timestamp = header.u64(20);
  bin.spare = header.u32(28);
  if (file_offset(bin.offset) != view.origin()) {
    throw corrupt(view, 4, "a bin states another offset than its own",
                  fmt::format("{:#x}", view.origin() - base_block_size),
                  fmt::format("{:#x}", bin.offset));
  }
  if (bin.size == 0 || bin.size % base_block_size != 0) {
    throw corrupt(view, 8, "bad bin size", "a multiple of 4096", fmt::format("{:#x}", bin.size));
  }
  return bin;
}

void bad_cell_size(const ByteView& view, std::int64_t size) {
  throw corrupt(view, 0, "bad cell size", "a multiple of 8", fmt::format("{:#x}", size));
}

void require_cell_list(const ByteView& content, std::uint32_t count, const char* what) {
  if (count > content.size() / 4) {
    throw corrupt(content, 0, fmt::format("{} is longer than its cell", what),
                  fmt::format("{} offsets", count), fmt::format("room for {}", content.size() / 4));
  }
}

std::vector<CellOffset> parse_cell_list(const ByteView& content, std::uint32_t count,
                                        const char* what) {
  require_cell_list(content, count, what);
  std::vector<CellOffset> cells(count);
  for (std::uint32_t i = 0; i < count; ++i) cells[i] = content.u32(std::size_t{i} * 4);
  return cells;
}

void wrong_signature(const ByteView& content, const char* signature, const char* what) {
  throw corrupt(content, 0, fmt::format("not {}", what),
                fmt::format("the signature \"{}\"", signature),
                quoted(content.u8(0), content.u8(1)));
}

}  // namespace goldhive::hive
