// Portable Executable, as far as a version number lies in it ("PE Format", learn.microsoft.com;
// VS_VERSIONINFO and VS_FIXEDFILEINFO in the Win32 documentation):
//
//   0x00  "MZ" ... e_lfanew at 0x3c ──► "PE\0\0"
//                                       COFF header: machine, number of sections, size of the next
//                                       optional header: 0x10b PE32 or 0x20b PE32+; the two differ
//                                         in where the data directories start (96 or 112)
//                                       section table: RVA ◄─► file offset
//   data directory 2 (resources) ──► a tree of exactly three levels: type, name, language
//       type 16 (RT_VERSION) ──► name 1 ──► any language ──► {RVA, size} ──► VS_VERSIONINFO
//       (offsets inside the tree are relative to its root, but the leaf holds an RVA again)
//   VS_VERSIONINFO: three words, the key "VS_VERSION_INFO" in UTF-16, padding to 4, then
//   VS_FIXEDFILEINFO: 0xfeef04bd, structure version, FileVersion MS and LS, ProductVersion MS, LS
//
// The depth is fixed and every table has a limit, so no loop or size in a broken file matters.
#include "src/windows/pe_version.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/error.h"

namespace goldhive::windows {
namespace {

constexpr std::size_t dos_header_size = 64;
constexpr std::size_t coff_header_size = 24;  // with the signature
constexpr std::size_t section_header_size = 40;
constexpr std::uint16_t section_limit = 96;      // the loader's own limit
constexpr std::size_t optional_limit = 4096;     // real ones: 224 or 240
constexpr std::uint32_t directory_limit = 8192;  // entries of one resource directory

constexpr std::uint16_t magic_pe32 = 0x10b;
constexpr std::uint16_t magic_pe32_plus = 0x20b;
constexpr std::uint32_t resource_directory_index = 2;
constexpr std::uint32_t type_version = 16;
constexpr std::uint32_t name_version = 1;
constexpr std::uint32_t high_bit = 0x80000000;

constexpr std::u16string_view version_key = u"VS_VERSION_INFO";
constexpr std::uint32_t fixed_info_at = 40;  // 6 + (15 + 1) * 2, rounded up to 4
constexpr std::uint32_t fixed_info_signature = 0xfeef04bd;

std::string hex(std::uint64_t value) { return fmt::format("{:#x}", value); }

/// What was read, with the bytes it views.
struct Read {
  Read(const ByteSource& source, std::uint64_t offset, std::size_t length)
      : bytes(source.read(offset, length)), view(bytes, offset, source.name()) {}
  Read(const Read&) = delete;
  Read& operator=(const Read&) = delete;
  Bytes bytes;
  ByteView view;
};

FileVersion version_from(std::uint32_t ms, std::uint32_t ls) {
  return {static_cast<std::uint16_t>(ms >> 16), static_cast<std::uint16_t>(ms & 0xffff),
          static_cast<std::uint16_t>(ls >> 16), static_cast<std::uint16_t>(ls & 0xffff)};
}

}  // namespace

PeFile::PeFile(const ByteSource& source) : source_(source) {
  const Read dos(source, 0, dos_header_size);
  if (!dos.view.starts_with("MZ")) {
    throw Error::corrupt(source.name(), 0, "not a PE file", "MZ", hex(dos.view.u16(0)));
  }
  const std::uint32_t pe_at = dos.view.u32(0x3c);

  const Read coff(source, pe_at, coff_header_size);
  if (coff.view.u32(0) != 0x00004550) {
    throw Error::corrupt(source.name(), pe_at, "not a PE file", "PE signature 0x4550",
                         hex(coff.view.u32(0)));
  }
  machine_ = coff.view.u16(4);
  const std::uint16_t section_count = coff.view.u16(6);
  const std::uint16_t optional_size = coff.view.u16(20);
  if (section_count > section_limit) {
    throw Error::corrupt(source.name(), pe_at + std::uint64_t{6}, "too many PE sections",
                         fmt::format("at most {}", section_limit), std::to_string(section_count));
  }
  if (optional_size > optional_limit) {
    throw Error::corrupt(source.name(), pe_at + std::uint64_t{20}, "PE optional header too large",
                         fmt::format("at most {}", optional_limit), std::to_string(optional_size));
  }

  const std::uint64_t optional_at = pe_at + std::uint64_t{coff_header_size};
  const Read rest(source, optional_at, optional_size + section_count * section_header_size);
  const ByteView optional = rest.view.slice(0, optional_size);
  const std::uint16_t magic = optional.u16(0);
  if (magic != magic_pe32 && magic != magic_pe32_plus) {
    throw Error::corrupt(source.name(), optional_at, "unknown PE optional header", "0x10b or 0x20b",
                         hex(magic));
  }
  const std::size_t directories_at = magic == magic_pe32 ? 96 : 112;
  const std::uint32_t directory_count = optional.u32(directories_at - 4);
  if (directory_count > resource_directory_index) {
    const std::size_t at = directories_at + resource_directory_index * 8;
    resources_said_at_ = optional_at + at;
    resources_ = optional.u32(at);
  }

  for (std::size_t i = 0; i < section_count; ++i) {
    const ByteView header =
        rest.view.slice(optional_size + i * section_header_size, section_header_size);
    sections_.push_back({header.u32(12), header.u32(20), header.u32(16)});
  }
}

Architecture PeFile::architecture() const {
  switch (machine_) {
    case 0x014c:
      return Architecture::x86;
    case 0x8664:
      return Architecture::amd64;
    case 0x0200:
      return Architecture::ia64;
    case 0x01c0:
    case 0x01c4:
      return Architecture::arm;
    case 0xaa64:
      return Architecture::arm64;
    default:
      return Architecture::unknown;
  }
}

std::uint64_t PeFile::file_offset(std::uint64_t rva, std::uint64_t length,
                                  std::uint64_t said_at) const {
  for (const Section& section : sections_) {
    if (rva < section.address) continue;
    const std::uint64_t inside = rva - section.address;
    if (inside < section.raw_size && length <= section.raw_size - inside) {
      return section.raw_offset + inside;
    }
  }
  throw Error::corrupt(source_.name(), said_at,
                       fmt::format("{} bytes at relative address {:#x} lie in no section of the PE "
                                   "file",
                                   length, rva));
}

std::optional<PeFile::Entry> PeFile::find_entry(std::uint32_t directory,
                                                std::optional<std::uint32_t> id,
                                                std::uint64_t said_at) const {
  constexpr std::size_t header_size = 16;
  constexpr std::size_t entry_size = 8;
  const std::uint64_t rva = std::uint64_t{resources_} + directory;
  const std::uint64_t at = file_offset(rva, header_size, said_at);
  const Read header(source_, at, header_size);
  const std::uint32_t named = header.view.u16(12);
  const std::uint32_t count = named + header.view.u16(14);
  if (count > directory_limit) {
    throw Error::corrupt(source_.name(), at + 12, "too many entries in a PE resource directory",
                         fmt::format("at most {}", directory_limit), std::to_string(count));
  }
  // Entries with a name come first and carry the high bit; an id can only be among the rest.
  const std::uint32_t first = id ? named : 0;
  const std::size_t length = (id ? count - named : std::min<std::uint32_t>(count, 1)) * entry_size;
  if (length == 0) return std::nullopt;
  const std::uint64_t entries_at =
      file_offset(rva + header_size + first * entry_size, length, at + 12);
  const Read entries(source_, entries_at, length);
  for (std::size_t i = 0; i < length; i += entry_size) {
    if (id && entries.view.u32(i) != *id) continue;
    const std::uint32_t target = entries.view.u32(i + 4);
    return Entry{target & ~high_bit, (target & high_bit) != 0, entries_at + i};
  }
  return std::nullopt;
}

std::optional<FileVersion> PeFile::file_version() const {
  if (resources_ == 0) return std::nullopt;
  const auto descend = [this](const Entry& from, std::optional<std::uint32_t> id) {
    if (!from.is_directory) {
      throw Error::corrupt(source_.name(), from.said_at + 4, "PE resource tree ends too early",
                           "a directory", "a leaf");
    }
    return find_entry(from.target, id, from.said_at + 4);
  };

  const std::optional<Entry> type = find_entry(0, type_version, resources_said_at_);
  if (!type) return std::nullopt;
  std::optional<Entry> name = descend(*type, name_version);
  if (!name) name = descend(*type, std::nullopt);
  if (!name) return std::nullopt;
  const std::optional<Entry> language = descend(*name, std::nullopt);
  if (!language) return std::nullopt;
  if (language->is_directory) {
    throw Error::corrupt(source_.name(), language->said_at + 4, "PE resource tree is too deep",
                         "a leaf", "a directory");
  }

  const std::uint64_t leaf_at =
      file_offset(std::uint64_t{resources_} + language->target, 16, language->said_at + 4);
  const Read leaf(source_, leaf_at, 16);
  const std::uint32_t size = leaf.view.u32(4);
  constexpr std::uint32_t wanted = fixed_info_at + 16;
  if (size < wanted) {
    throw Error::corrupt(source_.name(), leaf_at + 4, "PE version resource too small",
                         fmt::format("at least {}", wanted), std::to_string(size));
  }
  const std::uint64_t info_at = file_offset(leaf.view.u32(0), wanted, leaf_at);
  const Read info(source_, info_at, wanted);
  for (std::size_t i = 0; i < version_key.size(); ++i) {
    if (info.view.u16(6 + i * 2) != version_key[i]) {
      throw Error::corrupt(source_.name(), info_at + 6,
                           "no VS_VERSION_INFO in the PE version "
                           "resource");
    }
  }
  if (info.view.u32(fixed_info_at) != fixed_info_signature) {
    throw Error::corrupt(source_.name(), info_at + fixed_info_at, "no VS_FIXEDFILEINFO",
                         hex(fixed_info_signature), hex(info.view.u32(fixed_info_at)));
  }
  return version_from(info.view.u32(fixed_info_at + 8), info.view.u32(fixed_info_at + 12));
}

}  // namespace goldhive::windows
