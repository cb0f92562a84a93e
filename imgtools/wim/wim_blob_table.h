// The blob table of a WIM ("lookup table"): for each distinct content its SHA-1, where it lies, and
// how many files have it. A real install.wim has 76,000 entries. So the table is kept in memory as
// it was read, with an index of 4 bytes a slot beside it.
//
//    0  resource entry (24 bytes)   24  u16 part of a split WIM   26  u32 references
//   30  SHA-1 of the content (20 bytes)                           50  bytes in all
//
// What is odd about it:
// - The metadata of the images stand among the blobs, marked by a flag; the first is that of image
//   1.
// - A solid resource has an entry of its own, with flag 0x10 and a size of exactly 4 GiB. All other
//   entries with the flag 0x10 are blobs in solid resources. A run is all entries in a row that
//   have the flag. The offset of a blob counts in the contents of all resources of its run, one
//   after the other; its stored size is its size. So a table must not lose an entry between two
//   runs.
// - In a split WIM each part has a table. An entry that names another part is ignored here.
// - The same hash can have two entries; the first counts.
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

/// The zero hash stands for no content: such a file has no blob.
inline bool is_zero(const WimHash& hash) { return hash == WimHash{}; }

inline constexpr std::size_t wim_blob_entry_size = 50;

/// An entry with the flag solid and this size is a solid resource, not a blob in one.
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

  /// The part of a split WIM. Entries that name another part are ignored.
  std::uint16_t part() const { return part_; }
  std::size_t size() const { return table_.size() / wim_blob_entry_size; }
  /// `index` is less than size().
  WimBlobEntry entry(std::size_t index) const;
  /// The blob with that content. Never an empty blob, never metadata.
  std::optional<std::size_t> find(const WimHash& hash) const;
  /// The metadata of the images, in their order.
  const std::vector<std::size_t>& metadata() const { return metadata_; }
  /// The run of an entry whose blob is solid. Throws Error(corrupt) if the run has no resource.
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
  std::vector<std::uint32_t> slots_;  ///< 1 + index of an entry; 0: a free slot
  std::vector<std::size_t> metadata_;
  std::vector<WimSolidRun> runs_;
};

}  // namespace goldhive
