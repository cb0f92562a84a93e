// The header of a WIM file: 208 bytes at its start that say where everything else lies.
//
//    0  magic "MSWIM\0\0\0"; "WLPWM\0\0\0" in a pipable WIM (an extension of wimlib)
//    8  u32 size of the header     12  u32 version: 0x10d00, or 0xe00 where solid resources occur
//   16  u32 flags                  20  u32 chunk size of what is compressed and not solid
//   24  GUID                       40  u16 number of this part, u16 parts    44  u32 images
//   48  blob table                 72  XML            96  metadata of the bootable image
//  120  u32 bootable image, or 0  124  integrity table                      148  60 unused bytes
//
// What is odd about it:
// - All the places are resource entries of 24 bytes, whose stored size has 7 bytes and shares a u64
//   with the flags.
// - A program that changes a WIM writes the new things behind the old ones and the header last. So
//   the file is a valid WIM at any moment, and the old things stay as dead space.
// - A pipable WIM is written in one pass: the header at its start is a draft without places, and
//   the valid header stands in the last 208 bytes.
//
// Source: Microsoft, "Windows Imaging File Format (WIM) white paper"; what the paper leaves out
// (solid resources, pipable WIMs, version 0xe00) is in the documentation of wimlib.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/guid.h"

namespace goldhive {

inline constexpr std::size_t wim_header_size = 208;
inline constexpr std::size_t wim_resource_entry_size = 24;

enum class WimCompression { none, xpress, lzx, lzms };
/// "none", "XPRESS", "LZX", "LZMS"
const char* to_string(WimCompression compression);

/// Where a run of bytes lies, and how it is stored.
struct WimResource {
  static constexpr std::uint8_t metadata_flag = 0x02;
  static constexpr std::uint8_t compressed_flag = 0x04;
  static constexpr std::uint8_t spanned_flag = 0x08;
  static constexpr std::uint8_t solid_flag = 0x10;

  std::uint64_t stored_size = 0;  ///< bytes in the file
  std::uint8_t flags = 0;
  std::uint64_t offset = 0;  ///< in the file
  std::uint64_t size = 0;    ///< bytes of content

  bool is_metadata() const { return (flags & metadata_flag) != 0; }
  bool is_compressed() const { return (flags & compressed_flag) != 0; }
  bool is_solid() const { return (flags & solid_flag) != 0; }
  /// True if nothing is there, as for an integrity table that a WIM does not have.
  bool is_absent() const { return offset == 0 || stored_size == 0; }
  bool operator==(const WimResource&) const = default;
};

/// The resource entry at `at`.
WimResource wim_resource_at(const ByteView& view, std::size_t at);
void put_wim_resource(std::span<std::uint8_t> out, std::size_t at, const WimResource& resource);

struct WimHeader {
  static constexpr std::uint32_t version_default = 0x10d00;
  static constexpr std::uint32_t version_solid = 0xe00;

  static constexpr std::uint32_t compressed = 0x2;
  static constexpr std::uint32_t read_only = 0x4;
  static constexpr std::uint32_t spanned = 0x8;
  static constexpr std::uint32_t resource_only = 0x10;
  static constexpr std::uint32_t metadata_only = 0x20;
  static constexpr std::uint32_t write_in_progress = 0x40;
  static constexpr std::uint32_t reparse_fixed = 0x80;

  bool pipable = false;
  std::uint32_t version = 0;
  std::uint32_t flags = 0;
  std::uint32_t chunk_size = 0;  ///< bytes; means nothing if nothing is compressed
  Guid guid;
  std::uint16_t part = 1;   ///< of a split WIM, from 1
  std::uint16_t parts = 1;  ///< 1: not split
  std::uint32_t images = 0;
  WimResource blob_table;
  WimResource xml;
  WimResource boot_metadata;
  std::uint32_t boot_image = 0;  ///< from 1; 0: none
  WimResource integrity;
  std::array<std::uint8_t, 60> unused{};

  bool has(std::uint32_t flag) const { return (flags & flag) != 0; }
  WimCompression compression() const;
};

/// True if the bytes start as a WIM does.
bool is_wim(const ByteView& head);

/// Reads the header; that of a pipable WIM from its end. Throws Error: corrupt, or unsupported for
/// a version or compression that we do not know.
WimHeader read_wim_header(const ByteSource& file);

/// The 208 bytes.
Bytes to_bytes(const WimHeader& header);

/// True for a chunk size that a compression allows: a power of two from 4 KiB (LZX and LZMS: 32
/// KiB) to 64 KiB (XPRESS), 2 MiB (LZX) or 64 MiB (LZMS).
bool is_wim_chunk_size(WimCompression compression, std::uint64_t size);

}  // namespace goldhive
