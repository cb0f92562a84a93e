// The blob table of a WIM ("lookup table"): for each distinct content its SHA-1, where it lies, and
// how many files have it. A real install.wim holds 76,000 entries, so the table is kept as it was
// read, with an index of 4 bytes a slot beside it.
//
//    0  resource entry (24 bytes)   24  u16 part of a split WIM   26  u32 references
//   30  SHA-1 of the content (20 bytes)                           50  bytes in all
//
// What is odd about it:
// - The metadata of the images stand among the blobs, told by a flag; the first is image 1.
// - Solid resources take entries of their own: flag 0x10 and a size of exactly 4 GiB. The other
//   entries with the flag 0x10 lie in their content: offset is an offset in the content of all
//   resources of the same run, one after the other; the stored size is the size. A run is all
//   entries in a row that have the flag, so a table must not lose an entry between two of them.
// - In a split WIM each part has a table. An entry of another part says nothing here.
// - Entries can be there twice; the first counts.
//
// Source: as for wim_header.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/bytes/large_buffer.h"
#include "imgtools/wim/wim_header.h"

namespace goldhive {

using WimHash = std::array<std::uint8_t, 20>;

/// What files of no content have instead of a blob.
inline bool is_zero(const WimHash& hash) { return hash == WimHash{}; }

inline constexpr std::size_t wim_blob_entry_size = 50;

/// The size by which an entry with the flag solid is a solid resource, not a blob in one.
inline constexpr std::uint64_t wim_solid_resource_mark = std::uint64_t{1} << 32;

struct WimBlobEntry {
  WimResource resource;
  std::uint16_t part = 1;
  std::uint32_t references = 0;
  WimHash hash{};
};

WimBlobEntry wim_blob_entry_at(const ByteView& view, std::size_t at);
void put_wim_blob_entry(std::span<std::uint8_t> out, std::size_t at, const WimBlobEntry& entry);

/// A row of entries that are all solid.
struct WimSolidRun {
  std::size_t first = 0;               ///< the first entry
  std::vector<std::size_t> resources;  ///< the entries of its resources
};

class WimBlobTable {
 public:
  /// `table` as stored in `part`; `name` is for errors. Throws Error(corrupt).
  WimBlobTable(LargeBuffer table, std::uint16_t part, std::string name);

  /// Entries of other parts of a split WIM say nothing.
  std::uint16_t part() const { return part_; }
  std::size_t size() const { return table_.size() / wim_blob_entry_size; }
  /// `index` is less than size().
  WimBlobEntry entry(std::size_t index) const;
  /// The blob of that content, never an empty one or metadata.
  std::optional<std::size_t> find(const WimHash& hash) const;
  /// The metadata of the images, in their order.
  const std::vector<std::size_t>& metadata() const { return metadata_; }
  /// For an entry of a blob that is solid. Throws Error(corrupt) if its run has no resource.
  const WimSolidRun& run_of(std::size_t index) const;
  std::span<const std::uint8_t> bytes() const { return table_.span(); }

 private:
  void add(std::size_t index);
  std::size_t slot_of(std::span<const std::uint8_t> hash) const;
  std::span<const std::uint8_t> hash_at(std::size_t index) const;
  bool has_hash(std::size_t index, std::span<const std::uint8_t> hash) const;

  LargeBuffer table_;
  std::uint16_t part_;
  std::string name_;
  std::vector<std::uint32_t> slots_;  ///< 1 + index of an entry; 0: free
  std::vector<std::size_t> metadata_;
  std::vector<WimSolidRun> runs_;
};

}  // namespace goldhive
