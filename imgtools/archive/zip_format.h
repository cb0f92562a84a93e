// The records of a zip file, for code that changes one in place: the central directory, with the
// exact places of its records and of the members.
//
// Source: PKWARE, APPNOTE.TXT 6.3 (.ZIP File Format Specification).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

enum class ZipMethod : std::uint16_t { stored = 0, deflated = 8 };

/// One record of the central directory. Offsets are absolute in the file.
struct ZipEntry {
  std::string name;             ///< as stored: bytes of some charset
  std::uint64_t record_at = 0;  ///< of the central record
  std::uint32_t record_size = 0;
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t crc = 0;
  std::uint64_t packed_size = 0;
  std::uint64_t size = 0;
  std::uint64_t local_at = 0;  ///< of the local header
  bool encrypted() const { return (flags & 1) != 0 || (flags & 0x2000) != 0; }
};

struct ZipDirectory {
  std::vector<ZipEntry> entries;
  std::uint64_t at = 0;      ///< of the central directory
  std::uint64_t size = 0;    ///< bytes
  std::uint64_t end_at = 0;  ///< of the end record; with the comment it reaches to the file's end
  bool zip64 = false;
  std::uint64_t end64_at = 0;  ///< of the zip64 end record, if `zip64`
};

/// Error(corrupt), or Error(unsupported) for a part of a split zip.
ZipDirectory read_zip_directory(const ByteSource& file);

/// A local header and where the data behind it begins.
struct ZipLocalHeader {
  std::uint64_t at = 0;
  Bytes bytes;  ///< the fixed part, the name and the extra field
  std::uint64_t data_at() const { return at + bytes.size(); }
};
ZipLocalHeader read_zip_local_header(const ByteSource& file, const ZipEntry& entry);

/// Error(corrupt) if a local header contradicts the directory: in the name, which no checksum
/// covers, so that a damaged bit would hide a file; in the checksum, a size, the method or the mark
/// of encryption, of which libarchive takes those of the local header and most others those of the
/// directory, so that two readers would see two contents. A field that is 0 says nothing.
void check_local_headers(const ByteSource& file, const ZipDirectory& directory);

// Offsets of fields, from the beginning of their record.
namespace zip_central {
inline constexpr std::size_t size = 46, flags = 8, method = 10, crc = 16, packed_size = 20,
                             full_size = 24, name_length = 28, extra_length = 30,
                             comment_length = 32, disk = 34, local_at = 42;
}
namespace zip_local {
inline constexpr std::size_t size = 30, flags = 6, method = 8, crc = 14, packed_size = 18,
                             full_size = 22, name_length = 26, extra_length = 28;
}
namespace zip_end {
inline constexpr std::size_t size = 22, disk = 4, directory_disk = 6, entries_here = 8,
                             entries = 10, directory_size = 12, directory_at = 16,
                             comment_length = 20;
}
namespace zip_end64 {
inline constexpr std::size_t size = 56, record_size = 4, disk = 16, entries_here = 24, entries = 32,
                             directory_size = 40, directory_at = 48;
}
namespace zip_locator64 {
inline constexpr std::size_t size = 20, end_at = 8, disks = 16;
}

/// The id of the extra field for numbers that do not fit into 32 bits.
inline constexpr std::uint16_t zip64_extra_id = 1;

}  // namespace goldhive
