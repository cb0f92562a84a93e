#include "src/hive/base_block.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "imgtools/bytes/error.h"
#include "src/hive/cell.h"

namespace goldhive::hive {

namespace {

constexpr std::size_t checksum_at = 508;
constexpr std::uint32_t memory_format = 1;

std::u16string file_name_of(const ByteView& bytes) {
  std::u16string name;
  for (std::size_t at = 48; at < 112; at += 2) {
    const char16_t c = bytes.u16(at);
    if (c == 0) break;
    name.push_back(c);
  }
  return name;
}

void require(bool holds, const ByteSource& source, std::uint64_t offset, const char* message,
             std::string expected, std::string actual) {
  if (!holds) {
    throw Error::corrupt(source.name(), offset, message, std::move(expected), std::move(actual));
  }
}

}  // namespace

std::uint32_t base_block_checksum(std::span<const std::uint8_t> block) {
  if (block.size() < checksum_at) throw std::out_of_range("base_block_checksum");
  const ByteView words(block, 0, "base block");
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < checksum_at; at += 4) sum ^= words.u32(at);
  if (sum == 0) return 1;
  if (sum == 0xffffffff) return 0xfffffffe;
  return sum;
}

BaseBlock parse_base_block(const ByteView& bytes) {
  const ByteView head = bytes.slice(0, base_block_head);
  if (!head.starts_with("regf")) {
    throw Error::corrupt(std::string(bytes.name()), bytes.origin(), "not a registry hive",
                         "the signature \"regf\"", fmt::format("{:#010x}", head.u32(0)));
  }
  BaseBlock block;
  block.sequence1 = head.u32(4);
  block.sequence2 = head.u32(8);
  block.last_written = head.u64(12);
  block.major_version = head.u32(20);
  block.minor_version = head.u32(24);
  block.file_type = static_cast<HiveFileType>(head.u32(28));
  block.format = head.u32(32);
  block.root_cell = head.u32(36);
  block.stated_bins_size = head.u32(40);
  block.bins_size = block.stated_bins_size;
  block.cluster_factor = head.u32(44);
  block.file_name = file_name_of(head);
  block.flags = head.u32(144);
  block.checksum = head.u32(checksum_at);
  block.computed_checksum = base_block_checksum(head.span());
  if (bytes.size() >= base_block_size) {
    block.boot_type = bytes.u32(4088);
    block.boot_recover = bytes.u32(4092);
  }
  return block;
}

std::uint32_t walk_bins(const ByteSource& source) {
  std::uint32_t size = 0;
  while (size < max_bins_size) {
    const std::uint64_t at = std::uint64_t{base_block_size} + size;
    if (at + bin_header_size > source.size()) break;
    std::array<std::uint8_t, bin_header_size> raw{};
    source.read(at, raw);
    const ByteView header(raw, at, source.name());
    const std::uint32_t bin_size = header.u32(8);
    if (!header.starts_with("hbin") || header.u32(4) != size || bin_size == 0 ||
        bin_size % base_block_size != 0 || bin_size > max_bins_size - size ||
        at + bin_size > source.size()) {
      break;
    }
    size += bin_size;
  }
  return size;
}

void refuse_large_hive(const ByteSource& source) {
  if (source.size() <= largest_hive_file) return;
  throw Error(ErrorKind::unsupported,
              fmt::format("too large for a registry hive: {} bytes, at most 4 GiB", source.size()),
              source.name());
}

BaseBlock read_base_block(const ByteSource& source) {
  refuse_large_hive(source);
  if (source.size() < base_block_head) {
    throw Error::corrupt(source.name(), 0, "too short for a registry hive", "4096 bytes or more",
                         fmt::format("{} bytes", source.size()));
  }
  const std::size_t length =
      static_cast<std::size_t>(std::min<std::uint64_t>(source.size(), base_block_size));
  const Bytes raw = source.read(0, length);
  BaseBlock block = parse_base_block(ByteView(raw, 0, source.name()));

  require(block.file_type == HiveFileType::primary, source, 28,
          block.is_log() ? "a transaction log, not a hive" : "not a primary hive file",
          "file type 0", fmt::format("{}", static_cast<std::uint32_t>(block.file_type)));
  require(source.size() > base_block_size, source, 0, "too short for a registry hive",
          "a base block of 4096 bytes and bins", fmt::format("{} bytes", source.size()));
  if (block.major_version != 1 || block.minor_version < 3 || block.minor_version > 6) {
    throw Error(ErrorKind::unsupported,
                fmt::format("hive version {}.{} (1.3 to 1.6 are read)", block.major_version,
                            block.minor_version),
                source.name());
  }
  if (block.format != memory_format) {
    throw Error(ErrorKind::unsupported, fmt::format("hive format {} (1 is read)", block.format),
                source.name());
  }

  if (block.checksum_ok()) {
    const std::uint32_t stated = block.stated_bins_size;
    require(stated != 0 && stated % base_block_size == 0 && stated <= max_bins_size, source, 40,
            "bad size of the bins", "a multiple of 4096", fmt::format("{:#x}", stated));
    const std::uint64_t held = source.size() - base_block_size;
    block.bins_size = static_cast<std::uint32_t>(std::min<std::uint64_t>(stated, held));
  } else {
    block.bins_size = walk_bins(source);
    require(block.bins_size != 0, source, base_block_size, "no hive bin begins here",
            "the signature \"hbin\"", "other bytes");
  }
  require(block.root_cell % 8 == 0 && block.root_cell >= bin_header_size &&
              block.root_cell < block.bins_size,
          source, 36, "bad offset of the root key",
          fmt::format("a cell in {:#x} bytes of bins", block.bins_size),
          fmt::format("{:#x}", block.root_cell));
  return block;
}

}  // namespace goldhive::hive
