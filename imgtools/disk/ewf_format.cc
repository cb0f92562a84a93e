#include "imgtools/disk/ewf_format.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/error.h"

namespace goldhive {

namespace {

constexpr std::uint64_t most_chunk_bytes = 64U << 20;
constexpr std::uint32_t most_sector_bytes = 64U << 10;
constexpr std::size_t smart_media_size = 94;
constexpr std::size_t media_size = 1052;

void require_checksum(const ByteView& data, std::size_t at, const char* what) {
  const std::uint32_t computed = adler32(data.span().first(at));
  if (data.u32(at) == computed) return;
  throw Error::corrupt(std::string(data.name()), data.origin() + at,
                       fmt::format("wrong checksum of {}", what), fmt::format("{:#x}", computed),
                       fmt::format("{:#x}", data.u32(at)));
}

}  // namespace

std::uint32_t adler32(std::span<const std::uint8_t> data) {
  constexpr std::uint32_t modulus = 65521;
  constexpr std::size_t longest_run = 5552;  // sums of so many bytes fit into 32 bits
  std::uint32_t a = 1;
  std::uint32_t b = 0;
  while (!data.empty()) {
    const auto run = data.first(std::min(data.size(), longest_run));
    for (const std::uint8_t byte : run) {
      a += byte;
      b += a;
    }
    a %= modulus;
    b %= modulus;
    data = data.subspan(run.size());
  }
  return b << 16 | a;
}

std::uint16_t parse_ewf_header(const ByteView& header) {
  if (!header.starts_with(ewf_magic)) {
    throw Error::corrupt(std::string(header.name()), header.origin(), "no segment of an E01",
                         "\"EVF\"", "other bytes");
  }
  const std::uint16_t number = header.u16(9);
  if (header.u8(8) != 1 || number == 0 || header.u16(11) != 0) {
    throw Error::corrupt(std::string(header.name()), header.origin() + 8,
                         "bad header of an E01's segment", "1, a number from 1 on, 0",
                         fmt::format("{}, {}, {}", header.u8(8), number, header.u16(11)));
  }
  return number;
}

EwfSection parse_ewf_section(const ByteView& descriptor) {
  require_checksum(descriptor, ewf_section_size - 4, "a section's descriptor");
  EwfSection section;
  section.at = descriptor.origin();
  for (std::size_t i = 0; i < 16 && descriptor.u8(i) != 0; ++i) {
    section.type += static_cast<char>(descriptor.u8(i));
  }
  section.next = descriptor.u64(16);
  if (!section.is_last() && section.next < section.data()) {
    throw Error::corrupt(std::string(descriptor.name()), section.at + 16,
                         "the next section does not lie behind this one",
                         fmt::format("from {:#x} on", section.data()),
                         fmt::format("{:#x}", section.next));
  }
  return section;
}

EwfMedia parse_ewf_media(const ByteView& data) {
  const bool smart = data.size() < media_size;
  const std::size_t size = smart ? smart_media_size : media_size;
  require_checksum(data.slice(0, size), size - 4, "the disk's description");
  EwfMedia media;
  media.chunks = data.u32(4);
  media.sector_size = data.u32(12);
  media.chunk_size = std::uint64_t{data.u32(8)} * media.sector_size;
  const std::uint64_t sectors = smart ? data.u32(16) : data.u64(16);
  const auto guid = smart ? std::span<const std::uint8_t>() : data.slice(64, 16).span();
  media.guid.assign(guid.begin(), guid.end());
  if (media.sector_size == 0 || media.sector_size > most_sector_bytes || media.chunk_size == 0 ||
      media.chunk_size > most_chunk_bytes) {
    throw Error::corrupt(std::string(data.name()), data.origin() + 8, "bad size of an E01's chunks",
                         fmt::format("sectors of at most {} bytes, chunks of at most {}",
                                     most_sector_bytes, most_chunk_bytes),
                         fmt::format("{} and {}", media.sector_size, media.chunk_size));
  }
  if (sectors > media.chunks * media.chunk_size / media.sector_size) {
    throw Error::corrupt(
        std::string(data.name()), data.origin() + 16,
        "the E01 counts more sectors than its chunks hold",
        fmt::format("at most {} chunks of {} bytes", media.chunks, media.chunk_size),
        fmt::format("{} sectors", sectors));
  }
  media.size = sectors * media.sector_size;
  return media;
}

EwfTable parse_ewf_table(const ByteView& header) {
  require_checksum(header, ewf_table_header_size - 4, "a table's header");
  return {header.u32(0), header.u64(8)};
}

std::uint64_t parse_ewf_errors(const ByteView& data) {
  constexpr std::size_t header_size = 520;
  require_checksum(data.slice(0, header_size), header_size - 4, "the list of read errors");
  const std::uint32_t entries = data.u32(0);
  const ByteView list = data.slice(header_size, std::size_t{entries} * 8);
  std::uint64_t sectors = 0;
  for (std::size_t i = 0; i < entries; ++i) sectors += list.u32(i * 8 + 4);
  return sectors;
}

std::optional<std::string> ewf_segment_path(const std::string& first, std::uint32_t number) {
  if (first.size() < 4 || number == 0) return std::nullopt;
  const std::string stem = first.substr(0, first.size() - 3);
  const char letter = first[first.size() - 3];
  const bool small = letter >= 'a' && letter <= 'z';
  if (stem.back() != '.' || first.substr(first.size() - 2) != "01") return std::nullopt;
  if (!small && (letter < 'A' || letter > 'Z')) return std::nullopt;
  if (number <= 99) return fmt::format("{}{}{:02}", stem, letter, number);
  constexpr std::uint32_t letters = 26;
  const char base = small ? 'a' : 'A';
  const std::uint32_t beyond = number - 100;
  const std::uint32_t leading =
      static_cast<std::uint32_t>(letter - base) + beyond / (letters * letters);
  if (leading >= letters) return std::nullopt;
  const auto at = [base](std::uint32_t index) {
    return static_cast<char>(base + static_cast<char>(index));
  };
  return stem + at(leading) + at(beyond / letters % letters) + at(beyond % letters);
}

}  // namespace goldhive
